/** Bare libsignal as a process of its own: seals and opens as many contents as it is told and says what CPU that took. */
import { bareLibsignal } from './bare-libsignal.js';
import { processCpu } from './cpu-split.js';
import { BareCommand, type BareCosts } from './messages.js';

const pair = await bareLibsignal();

const measure = async (work: () => Promise<void>): Promise<number> => {
  const from = processCpu();
  await work();
  return processCpu() - from;
};

const run = async ({ count, contentBytes }: BareCommand): Promise<BareCosts> => {
  const sealed: Uint8Array<ArrayBuffer>[] = [];
  const sealUs = await measure(async () => {
    for (let index = 0; index < count; index += 1) sealed.push(await pair.seal(new Uint8Array(contentBytes)));
  });
  const openUs = await measure(async () => {
    for (const envelope of sealed) await pair.open(envelope);
  });
  return { sealUs, openUs };
};

process.on('message', (message) => {
  void run(BareCommand.parse(message)).then((costs) => process.send?.(costs));
});
