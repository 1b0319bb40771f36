import type { MessageChannel } from '@sotto/client/bridge';

/** A port of the page as a channel. Its queue waits until someone receives. */
export const portChannel = (port: MessagePort): MessageChannel => {
  let closed = false;
  port.addEventListener('close', () => {
    closed = true;
  });
  return {
    send: (text) => {
      if (closed) throw new Error('the port is closed');
      port.postMessage(text);
    },
    receive: (receiver) => {
      port.addEventListener('message', (event) => {
        if (typeof event.data === 'string') void receiver(event.data);
      });
      port.start();
    },
    closed: (listener) => {
      if (closed) listener();
      else port.addEventListener('close', listener, { once: true });
    },
    close: () => port.close(),
  };
};
