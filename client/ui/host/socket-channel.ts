import type { MessageChannel } from '@sotto/client/bridge';

/** A browser's WebSocket as a channel, from the moment that it is open. */
export const socketChannel = (socket: WebSocket): MessageChannel => ({
  send: (text) => socket.send(text),
  receive: (receiver) => {
    socket.addEventListener('message', (event) => {
      if (typeof event.data === 'string') void receiver(event.data);
    });
  },
  closed: (listener) => {
    if (socket.readyState === WebSocket.CLOSED) listener();
    else socket.addEventListener('close', listener, { once: true });
  },
  close: () => socket.close(),
});
