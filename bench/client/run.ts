import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fillLargeProfile, LargeProfile } from '@sotto/client/core/large-profile';
import { temporaryFolder } from '@sotto/e2e/harness';
import { percentile, short, table } from '../statistics.js';
import { partOf, seeded, sentence } from './words.js';

export interface ClientBenchOptions {
  readonly messages: number;
}

const SEED = 20_261_127;
const QUERIES = 300;
const SCANNED = 12;
const CHATS = 5_000;
const FIRST = 50;

const timed = (samples: number[], work: () => void): void => {
  const from = performance.now();
  work();
  samples.push(performance.now() - from);
};

const spread = (samples: readonly number[]): string[] => [0.5, 0.95, 0.99].map((p) => short(percentile(samples, p)));

/** The core's part of what a window asks for, on a database of many messages (`--messages`). */
export const benchClient = async ({ messages }: ClientBenchOptions): Promise<string> => {
  const folder = await temporaryFolder();
  try {
    const file = join(folder.path, 'sotto.db');
    const key = new Uint8Array(randomBytes(32));
    const texts = seeded(SEED);
    const filledFrom = performance.now();
    const size = { messages, chats: Math.min(CHATS, Math.ceil(messages / 20)), shareOfFirst: 0.1 };
    fillLargeProfile(file, key, { size, textOf: () => sentence(texts), now: Date.now() });
    const fillMs = performance.now() - filledFrom;

    const starts: number[] = [];
    let profile: LargeProfile | undefined;
    for (let run = 0; run < 5; run += 1) {
      profile?.close();
      timed(starts, () => {
        profile = new LargeProfile(file, key);
        const [first] = profile.list();
        if (first !== undefined) profile.page(first);
      });
    }
    if (profile === undefined) throw new Error('No profile was opened.');
    const measured = measure(profile, messages);
    const { index, all } = profile.bytes();
    profile.close();
    const rows = [
      ['start: open, list of chats, first page', ...spread(starts)],
      ['open a chat: its newest 51', ...spread(measured.opens)],
      ['a page further back in the largest chat', ...spread(measured.pages)],
      [`search in all chats, first ${String(FIRST)}`, ...spread(measured.everywhere)],
      ['search in the largest chat', ...spread(measured.inside)],
      ['search for what is nowhere', ...spread(measured.nothing)],
    ];
    return [
      table(['in the core, ms', 'p50', 'p95', 'p99'], rows),
      '',
      `${messages.toLocaleString('en-US')} messages in ${String(size.chats)} chats, ${short(all / 1e6)} MB of which the index ` +
        `${short(index / 1e6)}; ${String(QUERIES)} queries of 2 to 10 characters; writing a message with its entry: ` +
        `${short((fillMs / messages) * 1_000)} µs in transactions of 1,000.`,
      '',
      `Against a scan of everything, ${String(SCANNED)} queries: ${measured.differences === 0 ? 'complete' : `${String(measured.differences)} DIFFER`}.`,
    ].join('\n');
  } finally {
    await folder.remove();
  }
};

const measure = (profile: LargeProfile, messages: number) => {
  const random = seeded(SEED + 1);
  const again = seeded(SEED);
  // What the first messages say is said again and again; parts of it are what people look for.
  const known = Array.from({ length: Math.min(messages, 2_000) }, () => sentence(again));
  const queries = Array.from({ length: QUERIES }, () => partOf(known[random(known.length)] ?? '', random)).filter(
    (part) => Array.from(part).length >= 2,
  );
  const samples = () => [] as number[];
  const [opens, pages, everywhere, inside, nothing] = [samples(), samples(), samples(), samples(), samples()];
  const chats = profile.list();
  for (let run = 0; run < 200; run += 1) {
    const chatId = chats[random(chats.length)];
    if (chatId !== undefined) timed(opens, () => void profile.page(chatId));
  }
  const [largest] = chats.toSorted((one, other) => sizeOf(profile, other) - sizeOf(profile, one));
  if (largest === undefined) throw new Error('There is no chat.');
  let place = profile.page(largest);
  for (let run = 0; run < 200 && place !== undefined; run += 1) {
    const before = place;
    timed(pages, () => (place = profile.page(largest, before)));
  }
  for (const text of queries) {
    timed(everywhere, () => void profile.find({ text: `"${text}"` }, FIRST));
    timed(inside, () => void profile.find({ text: `"${text}"`, chatId: largest }, FIRST));
    timed(nothing, () => void profile.find({ text: `"${text}qzx"` }, FIRST));
  }
  const scanned = queries.filter((text) => !text.includes('"')).slice(0, SCANNED);
  const counts = profile.scan(scanned);
  const found = scanned.map((text) => profile.find({ text: `"${text}"` }, messages).length);
  const differences = counts.filter((count, index) => count !== found[index]).length;
  return { opens, pages, everywhere, inside, nothing, differences };
};

/** By how many pages there are, up to a few. */
const sizeOf = (profile: LargeProfile, chatId: Parameters<LargeProfile['page']>[0]): number => {
  let pages = 0;
  for (let place = profile.page(chatId); place !== undefined && pages < 5; pages += 1)
    place = profile.page(chatId, place);
  return pages;
};
