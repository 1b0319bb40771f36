import { effect, signal, type ReadonlySignal } from '@preact/signals';
import type { AppView } from '@sotto/client/bridge';

export type ConnectionNotice = 'offline' | 'connecting' | 'signedOut' | 'unlinked';

/** Shorter gaps are nobody's concern. */
const PATIENCE_MS = 3_000;

/**
 * What the person should know of the connection; `undefined` while it is well. From the first failure until the connection is
 * back it stays "offline": the tries in between would only make the banner flicker.
 */
export const createConnectionNotice = (
  app: ReadonlySignal<AppView | undefined>,
): ReadonlySignal<ConnectionNotice | undefined> => {
  const notice = signal<ConnectionNotice | undefined>(undefined);
  let failed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const calm = (next: ConnectionNotice | undefined): void => {
    clearTimeout(timer);
    timer = undefined;
    failed = false;
    notice.value = next;
  };

  const worry = (): void => {
    if (notice.peek() === 'connecting' || notice.peek() === 'offline') notice.value = failed ? 'offline' : 'connecting';
    else
      timer ??= setTimeout(() => {
        notice.value = failed ? 'offline' : 'connecting';
      }, PATIENCE_MS);
  };

  effect(() => {
    const view = app.value;
    if (view?.phase !== 'ready') {
      calm(undefined);
      return;
    }
    switch (view.connection.state) {
      case 'idle':
      case 'online':
        calm(undefined);
        break;
      case 'connecting':
        worry();
        break;
      case 'offline':
        failed = true;
        worry();
        break;
      case 'signedOut':
      case 'unlinked':
        calm(view.connection.state);
        break;
    }
  });
  return notice;
};
