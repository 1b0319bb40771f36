import type { MessagePortMain } from 'electron';
import type { MessageChannel } from '@sotto/client/bridge';

/** A port to a window as a channel. Texts alone; its queue waits until someone receives. */
export const portChannel = (port: MessagePortMain): MessageChannel => {
  const listeners = new Set<() => void>();
  let open = true;
  // A port tells its other end when it is closed, and not always its own.
  const end = (): void => {
    if (!open) return;
    open = false;
    for (const listener of listeners) listener();
  };
  port.once('close', end);
  return {
    send: (text) => {
      if (open) port.postMessage(text);
    },
    receive: (receiver) => {
      port.on('message', ({ data }) => {
        if (typeof data === 'string') void receiver(data);
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
