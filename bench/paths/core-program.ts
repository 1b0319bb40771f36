/** The real core in a process of its own, which writes, sends and receives as it is told and says what CPU that took. */
import type { AccountId, MessageId } from '@sotto/protocol/ids';
import { createCore, type Core } from '@sotto/client/core';
import { newMessageId, register } from '@sotto/e2e/harness';
import { CpuSplit, processCpu } from './cpu-split.js';
import { CoreCommand, type CoreAnswer } from './messages.js';

const [, , profileFolder] = process.argv;
if (profileFolder === undefined) throw new Error('no profile folder was named');

const classOf = (point: string): 'work' | 'network' | undefined => {
  if (point === 'journey.4.sending' || point === 'journey.4.accepted') return 'network';
  return /^journey\.[3456]\./.test(point) ? 'work' : undefined;
};

const split = new CpuSplit(classOf);
const core: Core = await createCore({ profileFolder, logger: (event) => split.mark(event) });

/** Own texts by how far they have come, and the texts of the peer, as the events tell. */
const unsent = new Set<MessageId>();
const undelivered = new Set<MessageId>();
const arrived = new Set<MessageId>();
let changed: () => void = () => undefined;

core.subscribe((event) => {
  if (event.type !== 'messages') return;
  for (const messageId of event.arrived) arrived.add(messageId);
  for (const { messageId, delivery } of event.messages) {
    if (delivery !== undefined && delivery.state !== 'waiting') unsent.delete(messageId);
    if (delivery?.state === 'delivered') undelivered.delete(messageId);
  }
  changed();
});

const NO_COSTS: CoreAnswer = { workUs: 0, networkUs: 0 };

/** Connects at once and measures from the first point of a journey until `isDone`. */
const connected = async (isDone: () => boolean): Promise<CoreAnswer> => {
  split.take();
  await core.call('reconnect', {});
  while (!isDone()) await new Promise<void>((resolve) => (changed = resolve));
  // The last point is told just after the event.
  await new Promise((resolve) => setImmediate(resolve));
  const used = split.take();
  return { workUs: used.get('work') ?? 0, networkUs: used.get('network') ?? 0 };
};

const write = async (chatId: AccountId, text: string, count: number): Promise<CoreAnswer> => {
  const from = processCpu();
  for (let index = 0; index < count; index += 1) {
    const messageId = newMessageId();
    unsent.add(messageId);
    undelivered.add(messageId);
    await core.call('sendText', { chatId, messageId, text });
  }
  return { ...NO_COSTS, workUs: processCpu() - from };
};

const meet = async (username: string): Promise<CoreAnswer> => {
  const { chatId } = await core.call('startChat', { username });
  return { ...NO_COSTS, chatId };
};

const run = async (command: CoreCommand): Promise<CoreAnswer> => {
  switch (command.command) {
    case 'register':
      await register(core, command.address, command.username);
      return NO_COSTS;
    case 'meet':
      return meet(command.username);
    case 'write':
      return write(command.chatId, command.text, command.count);
    case 'send':
      return connected(() => unsent.size === 0);
    case 'receive': {
      const costs = await connected(() => arrived.size >= command.count);
      arrived.clear();
      return costs;
    }
    case 'settle':
      return connected(() => undelivered.size === 0);
  }
};

process.on('message', (message) => {
  void run(CoreCommand.parse(message)).then((answer) => process.send?.(answer));
});
process.once('disconnect', () => {
  void core.stop().then(() => process.exit(0));
});
