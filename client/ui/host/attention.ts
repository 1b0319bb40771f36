import { signal, type ReadonlySignal } from '@preact/signals';

/** Whether the person is looking at this window: it has the focus and can be seen. */
export const watchAttention = (page: Window): ReadonlySignal<boolean> => {
  const look = (): boolean => page.document.hasFocus() && page.document.visibilityState === 'visible';
  const attending = signal(look());
  const update = (): void => {
    attending.value = look();
  };
  page.addEventListener('focus', update);
  page.addEventListener('blur', update);
  page.document.addEventListener('visibilitychange', update);
  return attending;
};

const TICK_MS = 30_000;

/** The present, exact enough for "today" and "yesterday". */
export const watchTime = (page: Window): ReadonlySignal<number> => {
  const now = signal(Date.now());
  page.setInterval(() => {
    now.value = Date.now();
  }, TICK_MS);
  return now;
};
