import { act, cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { App } from '../views/App.js';
import { bindDocument } from '../views/document-effects.js';
import { createTestApp, settle, type TestApp } from './test-app.js';

/** The whole interface on a fake core, after everything that happens at its start. */
export const renderApp = async (...options: Parameters<typeof createTestApp>): Promise<TestApp> => {
  cleanup();
  const test = createTestApp(...options);
  bindDocument(test.app, document);
  render(<App app={test.app} />);
  await act(settle);
  return test;
};

/** Isolates matter to bidirectional layout alone: names and texts are compared without them. */
const withoutIsolates = (text: string): string => text.replace(/[\u2068\u2069]/g, '');

const named = (name: string | RegExp) => (accessible: string) => {
  const plain = withoutIsolates(accessible);
  return typeof name === 'string' ? plain === name : name.test(plain);
};

export const byRole = (role: string, name: string | RegExp): HTMLElement =>
  screen.getByRole(role, { name: named(name) });

export const plainText = (element: Element | null): string => withoutIsolates(element?.textContent ?? '');

/** Something happens, and everything that follows from it. */
export const change = async (event: () => unknown): Promise<void> => {
  await act(async () => {
    await event();
    await settle();
  });
  // Effects that the event led to have run at the end of the first turn.
  await act(settle);
};

/** A click as a browser makes it: the submit button of a form sends the form. */
export const click = (role: string, name: string | RegExp): Promise<void> =>
  change(() => {
    fireEvent.click(byRole(role, name));
  });

export const type = (label: string, value: string): Promise<void> =>
  change(() => {
    fireEvent.input(
      screen.getByLabelText((text) => withoutIsolates(text) === label),
      { target: { value } },
    );
  });

export const press = (target: Element, key: string, more: KeyboardEventInit = {}): Promise<void> =>
  change(() => {
    fireEvent.keyDown(target, { key, ...more });
  });
