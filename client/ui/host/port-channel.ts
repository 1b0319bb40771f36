import type { MessageChannel } from '@sotto/client/bridge';

/** A port of the page as a channel. Its queue waits until someone receives. */
export const portChannel = (port: MessagePort): MessageChannel => {
  const listeners = new Set<() => void>();
  let open = true;
  // A port tells its other end when it is closed, not its own.
  const end = (): void => {
    if (!open) return;
    open = false;
    for (const listener of listeners) listener();
  };
  port.addEventListener('close', end);
  return {
    send: (text) => {
      if (!open) throw new Error('the port is closed');
      port.postMessage(text);
    },
    receive: (receiver) => {
      port.addEventListener('message', (event) => {
        if (typeof event.data === 'string') void receiver(event.data);
      });
      port.start();
    },
    closed: (listener) => {
      if (open) listeners.add(listener);
      else listener();
    },
    close: () => {
      port.close();
      end();
    },
  };
};
