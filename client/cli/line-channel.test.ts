import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { RPC_MESSAGE_LENGTH } from '../bridge/index.js';
import { lineChannel } from './line-channel.js';

const open = () => {
  const input = new PassThrough();
  const output = new PassThrough();
  const received: string[] = [];
  const channel = lineChannel(input, output);
  return { input, output, received, channel };
};

describe('lineChannel', () => {
  it('cuts bytes into lines wherever the chunks break, inside a character too', async () => {
    const { input, received, channel } = open();
    channel.receive((text) => void received.push(text));
    const bytes = Buffer.from('{"a":"п"}\n\n{"b":2}\n{"c"');
    for (let at = 0; at < bytes.length; at += 1) {
      input.write(bytes.subarray(at, at + 1));
      await nextTurn();
    }
    expect(received).toEqual(['{"a":"п"}', '{"b":2}']);
  });

  it('holds lines back until someone receives', async () => {
    const { input, received, channel } = open();
    input.write('one\n');
    await nextTurn();
    channel.receive((text) => void received.push(text));
    await nextTurn();
    await nextTurn();
    expect(received).toEqual(['one']);
  });

  it('reads no further while a receiver is at work', async () => {
    const { input, received, channel } = open();
    let finish = (): void => undefined;
    channel.receive(async (text) => {
      received.push(text);
      await new Promise<void>((resolve) => (finish = resolve));
    });
    input.write('one\n');
    await nextTurn();
    input.write('two\n');
    await nextTurn();
    expect(received).toEqual(['one']);
    finish();
    await nextTurn();
    await nextTurn();
    expect(received).toEqual(['one', 'two']);
  });

  it('closes on a line without an end, and says so once', async () => {
    const { input, channel } = open();
    let closed = 0;
    channel.closed(() => (closed += 1));
    channel.receive(() => undefined);
    const block = Buffer.alloc(RPC_MESSAGE_LENGTH, 0x61);
    for (let count = 0; count < 4 && !input.destroyed; count += 1) {
      input.write(block);
      await nextTurn();
    }
    expect(closed).toBe(1);
    channel.close();
    expect(closed).toBe(1);
    channel.closed(() => (closed += 1));
    expect(closed).toBe(2);
  });

  it('closes when the other side ends, and sends nothing after', async () => {
    const { input, output, channel } = open();
    let closed = false;
    channel.closed(() => (closed = true));
    channel.receive(() => undefined);
    channel.send('{"x":1}');
    input.end();
    await nextTurn();
    await nextTurn();
    expect(closed).toBe(true);
    channel.send('{"y":2}');
    expect(String(output.read())).toBe('{"x":1}\n');
  });
});
