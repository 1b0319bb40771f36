import type { MessageChannel } from '@sotto/client/bridge';
import type { WebSocket } from 'ws';

/** Answers and events that a page has not taken: beyond this it is stuck, and is let go; it reconnects and reads anew. */
const UNSENT_MOST_BYTES = 16 * 1_024 * 1_024;
/** Calls under way for one window before the next is read from the socket. */
const CALLS_MOST = 64;

/** A binary message: the bridge speaks in texts. */
const UNSUPPORTED_DATA = 1_003;

/** A WebSocket of a page as a channel: texts alone, no more at once than the core and the page keep up with. */
export const socketChannel = (socket: WebSocket): MessageChannel => {
  let underWay = 0;

  const deal = async (receiver: (text: string) => void | Promise<void>, text: string): Promise<void> => {
    underWay += 1;
    if (underWay >= CALLS_MOST) socket.pause();
    try {
      await receiver(text);
    } finally {
      underWay -= 1;
      if (socket.isPaused && underWay < CALLS_MOST) socket.resume();
    }
  };

  return {
    send: (text) => {
      if (socket.readyState !== socket.OPEN) return;
      // A goodbye would wait behind what it does not take.
      if (socket.bufferedAmount > UNSENT_MOST_BYTES) socket.terminate();
      else socket.send(text);
    },
    receive: (receiver) => {
      socket.on('message', (data: Buffer, isBinary: boolean) => {
        if (isBinary) socket.close(UNSUPPORTED_DATA);
        else void deal(receiver, data.toString('utf8'));
      });
    },
    closed: (listener) => {
      if (socket.readyState === socket.CLOSED) listener();
      else socket.once('close', listener);
    },
    close: () => socket.close(),
  };
};
