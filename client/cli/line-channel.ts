import type { Readable, Writable } from 'node:stream';
import { RPC_MESSAGE_LENGTH, type MessageChannel } from '../bridge/index.js';

/** UTF-8 needs at most three bytes for one UTF-16 unit. */
const LINE_BYTES_MOST = RPC_MESSAGE_LENGTH * 3;
const NEWLINE = 0x0a;

/** One JSON text a line over a pair of byte streams: a local socket, or standard input and output. */
export const lineChannel = (input: Readable, output: Writable): MessageChannel => {
  const listeners = new Set<() => void>();
  let receiver: ((text: string) => void | Promise<void>) | undefined;
  let isClosed = false;
  let gathered: Buffer[] = [];
  let gatheredBytes = 0;

  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    input.destroy();
    output.end();
    for (const listener of listeners) listener();
  };

  const take = (chunk: Buffer): string[] => {
    const lines: string[] = [];
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      lines.push(Buffer.concat([...gathered, chunk.subarray(from, at)]).toString('utf8'));
      gathered = [];
      gatheredBytes = 0;
      from = at + 1;
    }
    gathered.push(chunk.subarray(from));
    gatheredBytes += chunk.length - from;
    return lines;
  };

  const onData = (chunk: Buffer): void => {
    const lines = take(chunk);
    // A line without an end would fill the memory.
    if (gatheredBytes > LINE_BYTES_MOST) {
      close();
      return;
    }
    const handled = lines.filter((line) => line.trim() !== '').map(async (line) => receiver?.(line));
    input.pause();
    void Promise.allSettled(handled).then(() => input.resume());
  };

  input.on('data', onData);
  input.pause();
  for (const end of ['end', 'error', 'close'] as const) input.once(end, close);
  // A reader that went away shows as EPIPE on the output.
  output.on('error', close);

  return {
    send: (text) => {
      if (!isClosed) output.write(`${text}\n`);
    },
    receive: (next) => {
      receiver = next;
      input.resume();
    },
    closed: (listener) => {
      if (isClosed) listener();
      else listeners.add(listener);
    },
    close,
  };
};
