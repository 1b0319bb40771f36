import { join } from 'node:path';
import { allMessages, newMessageId, register, temporaryFolder } from '@sotto/e2e/harness';
import type { CoreApi } from '@sotto/client/bridge';
import { startDaemon, type Daemon } from '../cli/daemon.js';
import { startBenchServer } from '../server.js';
import { median, percentile, short, table } from '../statistics.js';
import { startDelayProxy } from './delay-proxy.js';
import { confirmKit, linkOnce, unlinkNewest, type LinkTimes } from './link-once.js';
import { nextView } from './views.js';

const ROUNDS = 20;
const ROUND_TRIP_MS = 50;
const HISTORY = 5_000;
const LATEST = 1_000;
const SEND_AT_ONCE = 50;

const fill = async (friend: CoreApi, owner: CoreApi): Promise<void> => {
  const { chatId } = await friend.call('startChat', { username: 'anna' });
  const last = newMessageId();
  const arrived = nextView(owner, 'the history to be there', (event) =>
    event.type === 'messages' && event.messages.some(({ messageId }) => messageId === last) ? true : undefined,
  );
  for (let sent = 0; sent < HISTORY; sent += SEND_AT_ONCE) {
    const texts = Array.from({ length: Math.min(SEND_AT_ONCE, HISTORY - sent) }, (_, index) => sent + index);
    await Promise.all(
      texts.map((number) =>
        friend.call('sendText', {
          chatId,
          messageId: number === HISTORY - 1 ? last : newMessageId(),
          text: `Text ${String(number)} of a conversation that has been going on for a while.`,
        }),
      ),
    );
  }
  await arrived;
};

/** From "Join" until the latest messages can be read on the new device, and until all can. */
const historyTimes = async (
  young: CoreApi,
  linking: Promise<LinkTimes>,
): Promise<{ readonly latest: number; readonly whole: number }> => {
  let latestAt: number | undefined;
  for (;;) {
    const moved = nextView(young, 'history', (event) => (event.type === 'history' ? event : undefined));
    moved.catch(() => undefined);
    // There is none before there is an account.
    const { history } = await young.call('history', {}).catch(() => ({ history: undefined }));
    if (latestAt === undefined && (history?.done ?? 0) >= LATEST) {
      const [chat] = await young.call('listChats', {});
      const count = chat === undefined ? 0 : (await allMessages(young, chat.chatId)).length;
      if (count >= LATEST) latestAt = performance.now();
    }
    if (history?.state === 'finished' && latestAt !== undefined) {
      const { joinedAt } = await linking;
      return { latest: latestAt - joinedAt, whole: performance.now() - joinedAt };
    }
    await moved;
  }
};

const report = (times: readonly LinkTimes[], history: { readonly latest: number; readonly whole: number }): string => {
  const row = (what: string, target: string, of: (one: LinkTimes) => number): string[] => {
    const samples = times.map(of);
    return [what, ...[0.5, 0.95].map((p) => short(percentile(samples, p))), target];
  };
  return [
    table(
      ['step', 'p50 ms', 'p95 ms', 'target'],
      [
        row('code read → digits shown', 'p95 ≤ 500', ({ codeToDigits }) => codeToDigits),
        row('approved → first message accepted', 'p95 ≤ 1,500', ({ approvalToFirstMessage }) => approvalToFirstMessage),
        row('“Join” → other devices told', '≤ 2,000', ({ joinToOthersTold }) => joinToOthersTold),
        row('password → first message, without people', 'median ≤ 25,000 with people', ({ whole }) => whole),
        [`“Join” → ${LATEST.toLocaleString('en-US')} latest messages readable`, short(history.latest), '', '≤ 5,000'],
        [`“Join” → ${HISTORY.toLocaleString('en-US')} messages there`, short(history.whole), '', '–'],
      ],
    ),
    '',
    `${String(times.length)} links (history: one) through a delay of ${String(ROUND_TRIP_MS)} ms a round trip; three ` +
      `devices, a friend and a server with the embedded database on all cores. Median of the whole: ` +
      `${short(median(times.map(({ whole }) => whole)))} ms.`,
  ].join('\n');
};

/** Measures links of real devices through a real server that is a network away. People are left out: everything is answered at once. */
export const benchLink = async (): Promise<string> => {
  const folder = await temporaryFolder();
  const server = await startBenchServer({ dataFolder: join(folder.path, 'server') });
  const proxy = await startDelayProxy(server.address, ROUND_TRIP_MS / 2);
  const daemons: Daemon[] = [];
  const device = (name: string): CoreApi => {
    const daemon = startDaemon(join(folder.path, 'profiles'), name);
    daemons.push(daemon);
    return daemon.core;
  };
  try {
    const [first, friend, observer] = [device('first'), device('friend'), device('observer')];
    await register(first, proxy.address, 'anna');
    await register(friend, proxy.address, 'bert');
    await confirmKit(first);
    await linkOnce({ first, young: observer }, { friend: 'bert', history: false });
    await first.call('closeLinkOffer', {});
    const times: LinkTimes[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const young = device(`young-${String(round)}`);
      await young.call('getApp', {});
      times.push(await linkOnce({ first, observer, young }, { friend: 'bert', history: false }));
      await unlinkNewest(first);
      await daemons.pop()?.stop();
    }
    await fill(friend, first);
    const young = device('young-history');
    await young.call('getApp', {});
    const linking = linkOnce({ first, observer, young }, { friend: 'bert', history: true });
    const [, history] = await Promise.all([linking, historyTimes(young, linking)]);
    return report(times, history);
  } finally {
    await Promise.all(daemons.map((daemon) => daemon.stop()));
    await proxy.stop();
    await server.stop();
    await folder.remove();
  }
};
