import type { MessagePortMain } from 'electron';
import type { MessageChannel } from '@sotto/client/bridge';

/** A port to a window as a channel. Texts alone; its queue waits until someone receives. */
export const portChannel = (port: MessagePortMain): MessageChannel => {
  let closed = false;
  port.once('close', () => {
    closed = true;
  });
  return {
    send: (text) => {
      if (!closed) port.postMessage(text);
    },
    receive: (receiver) => {
      port.on('message', ({ data }) => {
        if (typeof data === 'string') void receiver(data);
      });
      port.start();
    },
    closed: (listener) => {
      if (closed) listener();
      else port.once('close', listener);
    },
    close: () => port.close(),
  };
};
