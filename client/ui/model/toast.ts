import { signal, type ReadonlySignal } from '@preact/signals';
import type { TextKey } from '../i18n/catalogue.js';

const SHOWN_MS = 5_000;

/** One short word that something was done; gone after five seconds unless held. Errors never come here. */
export interface Toasts {
  readonly current: ReadonlySignal<TextKey | undefined>;
  readonly show: (key: TextKey) => void;
  readonly hold: () => void;
  readonly release: () => void;
}

export const createToasts = (): Toasts => {
  const current = signal<TextKey | undefined>(undefined);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const release = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      current.value = undefined;
    }, SHOWN_MS);
  };
  return {
    current,
    show: (key) => {
      current.value = key;
      release();
    },
    hold: () => clearTimeout(timer),
    release,
  };
};
