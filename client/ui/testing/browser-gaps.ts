import { TextEncoder } from 'node:util';

/** What jsdom leaves out of a browser and the interface needs. Each stands in for no more than what the tests look at. */
class StillResizeObserver implements ResizeObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

/** `matches` decides which media queries hold; none by default. */
export const fillBrowserGaps = (matches: (query: string) => boolean = () => false): void => {
  globalThis.ResizeObserver = StillResizeObserver;
  globalThis.TextEncoder = TextEncoder;
  globalThis.matchMedia = (query) =>
    ({ matches: matches(query), media: query, addEventListener: () => {}, removeEventListener: () => {} }) as never;
  HTMLDialogElement.prototype.showModal = function showModal() {
    this.setAttribute('open', '');
    this.querySelector<HTMLElement>('[autofocus]')?.focus();
  };
  HTMLDialogElement.prototype.close = function close() {
    this.removeAttribute('open');
  };
  Element.prototype.scrollTo = () => {};
};
