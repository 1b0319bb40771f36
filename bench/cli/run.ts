import { join } from 'node:path';
import { cpuSeconds, newMessageId, register, temporaryFolder } from '@sotto/e2e/harness';
import type { AccountId } from '@sotto/protocol/ids';
import { startBenchServer } from '../server.js';
import { median, percentile, short, table } from '../statistics.js';
import { Arrivals } from './arrivals.js';
import { startDaemon, type Daemon } from './daemon.js';

export interface CliOptions {
  readonly seconds: number;
  readonly runs: number;
}

const TEXT = 'A text as people write it, in a line or so: see you at nine.';
/** Texts that the sender's script has asked for and not yet seen stored. */
const IN_FLIGHT = 16;
/** Texts before the clock starts, so that code is compiled and pages are warm. */
const WARM_UP = 300;
/** A brisk conversation. */
const LATENCY_PER_SECOND = 10;
/** Longer than any message takes where nothing is broken. */
const PATIENCE_MS = 120_000;

interface Stage {
  readonly sender: Daemon;
  readonly receiver: Daemon;
  readonly serverPid: number;
  readonly chatId: AccountId;
  readonly arrivals: Arrivals;
}

interface Throughput {
  readonly perSecond: number;
  readonly senderCpu: number;
  readonly receiverCpu: number;
  readonly serverCpu: number;
}

const inTime = async <T>(work: Promise<T>, what: string): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`timed out: ${what}`)), PATIENCE_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

const sendWhile = async ({ sender, chatId }: Stage, isWanted: () => boolean): Promise<number> => {
  let sent = 0;
  const loops = Array.from({ length: IN_FLIGHT }, async () => {
    while (isWanted()) {
      sent += 1;
      await sender.core.call('sendText', { chatId, messageId: newMessageId(), text: TEXT });
    }
  });
  await Promise.all(loops);
  return sent;
};

const sendAndWait = async (stage: Stage, isWanted: () => boolean): Promise<number> => {
  const before = stage.arrivals.count;
  const sent = await sendWhile(stage, isWanted);
  await inTime(stage.arrivals.reach(before + sent), `${String(sent)} texts to arrive`);
  return sent;
};

const measureThroughput = async (stage: Stage, seconds: number): Promise<Throughput> => {
  const pids = [stage.sender.pid, stage.receiver.pid, stage.serverPid];
  const cpu = () => pids.map((pid) => cpuSeconds([pid]));
  const cpuBefore = cpu();
  const started = performance.now();
  const end = started + seconds * 1_000;
  // The clock runs until the last of them has arrived: nothing waits anywhere unseen.
  const count = await sendAndWait(stage, () => performance.now() < end);
  const elapsed = (performance.now() - started) / 1_000;
  const [senderCpu = 0, receiverCpu = 0, serverCpu = 0] = cpu().map(
    (after, index) => ((after - (cpuBefore[index] ?? 0)) / count) * 1_000,
  );
  return { perSecond: count / elapsed, senderCpu, receiverCpu, serverCpu };
};

/** From before the sender's script asks until the receiver's script is told. */
const measureLatency = async ({ sender, chatId, arrivals }: Stage, seconds: number): Promise<readonly number[]> => {
  const waits: Promise<number>[] = [];
  const started = performance.now();
  for (let index = 0; index < LATENCY_PER_SECOND * seconds; index += 1) {
    const wait = started + (index * 1_000) / LATENCY_PER_SECOND - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const messageId = newMessageId();
    const asked = performance.now();
    await sender.core.call('sendText', { chatId, messageId, text: TEXT });
    waits.push(arrivals.of(messageId).then((at) => at - asked));
  }
  return inTime(Promise.all(waits), 'all texts to arrive');
};

const begin = async (sender: Daemon, receiver: Daemon, address: string): Promise<AccountId> => {
  await register(sender.core, address, 'alice');
  await register(receiver.core, address, 'bob');
  await receiver.core.call('startChat', { username: 'alice' });
  return (await sender.core.call('startChat', { username: 'bob' })).chatId;
};

const report = (throughputs: readonly Throughput[], latencies: readonly number[]): string => {
  const of = (value: (one: Throughput) => number): string => short(median(throughputs.map(value)));
  const cells = [
    of(({ perSecond }) => perSecond),
    of(({ senderCpu }) => senderCpu),
    of(({ receiverCpu }) => receiverCpu),
    of(({ serverCpu }) => serverCpu),
    ...[0.5, 0.95, 0.99].map((p) => short(percentile(latencies, p))),
  ];
  const head = ['msg/s', 'CPU s per 1,000: sender', 'receiver', 'server'];
  const latencyHead = [`p50 ms at ${String(LATENCY_PER_SECOND)}/s`, 'p95 ms', 'p99 ms'];
  return [
    table([...head, ...latencyHead], [cells]),
    '',
    `Two daemons and a server with the embedded database on all cores; medians of ${String(throughputs.length)} runs, ` +
      `latency of ${String(latencies.length)} texts.`,
  ].join('\n');
};

/** Measures sealed texts end to end: from one command-line process through a real server to another. */
export const benchCli = async ({ seconds, runs }: CliOptions): Promise<string> => {
  const folder = await temporaryFolder();
  const server = await startBenchServer({ dataFolder: join(folder.path, 'server') });
  const sender = startDaemon(join(folder.path, 'profiles'), 'alice');
  const receiver = startDaemon(join(folder.path, 'profiles'), 'bob');
  try {
    const chatId = await begin(sender, receiver, server.address);
    const stage: Stage = { sender, receiver, serverPid: server.pid, chatId, arrivals: new Arrivals(receiver.core) };
    let toWarmUp = WARM_UP;
    await sendAndWait(stage, () => (toWarmUp -= 1) >= 0);
    const throughputs: Throughput[] = [];
    const latencies: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      latencies.push(...(await measureLatency(stage, seconds)));
      throughputs.push(await measureThroughput(stage, seconds));
    }
    return report(throughputs, latencies);
  } finally {
    await Promise.all([sender, receiver].map((daemon) => daemon.stop()));
    await server.stop();
    await folder.remove();
  }
};
