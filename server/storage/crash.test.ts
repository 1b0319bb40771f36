import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { describeOnEveryDatabase } from '../testing/describe-on-every-database.js';
import { at, registered } from '../testing/records.js';
import { MODULES, startStorageProcess } from '../testing/storage-process.js';
import type { NewDevice } from './device-repository.js';
import { openStorage } from './open-storage.js';

const KILLS = 6;

/** Stores batches of three without end and prints the ids of each batch after its commit. */
const sender = ({ accountId, deviceId }: NewDevice): string => `
  const { openStorage } = await import(${JSON.stringify(MODULES.openStorage)});
  const { enqueue, newEnvelope } = await import(${JSON.stringify(MODULES.records)});
  const storage = await openStorage(process.env.DATABASE_URL);
  const address = ${JSON.stringify({ accountId, deviceId })};
  for (;;) {
    const batch = [newEnvelope(address), newEnvelope(address), newEnvelope(address)];
    await enqueue(storage, ...batch);
    process.stdout.write(batch.map((envelope) => envelope.envelopeId).join(' ') + '\\n');
  }`;

/** Lets a sender run for a while after its first batch, then kills it; answers the batches that it called stored. */
const killedSender = async (url: string, device: NewDevice, runMs: number): Promise<string[][]> => {
  const child = startStorageProcess(sender(device), url);
  const complaints: string[] = [];
  child.stderr!.on('data', (chunk: Buffer) => complaints.push(chunk.toString('utf8')));
  const exited = once(child, 'close');
  const batches: string[][] = [];
  let firstBatch: (() => void) | undefined;
  const started = new Promise<void>((resolve) => {
    firstBatch = resolve;
  });
  createInterface(child.stdout!).on('line', (line) => {
    batches.push(line.split(' '));
    firstBatch?.();
  });
  await Promise.race([started, exited]);
  if (batches.length === 0) throw new Error(`The sender stored nothing: ${complaints.join('')}`);
  await pause(runMs);
  child.kill('SIGKILL');
  await exited;
  return batches.filter((batch) => batch.length === 3 && batch[2]!.length === 36);
};

describeOnEveryDatabase('a server process that is killed', (databases) => {
  it('loses nothing that it has confirmed, and stores no half batch', async () => {
    const { storage, url } = await databases.open();
    const [device] = await registered(storage);
    const confirmed: string[][] = [];
    for (let kill = 0; kill < KILLS; kill += 1) confirmed.push(...(await killedSender(url, device!, 10 + 17 * kill)));
    const again = await openStorage(url);
    const limits = { after: 0, mostEnvelopes: 1e6, mostBytes: 1e9, acceptedSince: at(0) };
    const { envelopes } = await again.mailbox.read(device!, limits);
    await again.close();
    const stored = envelopes.map((envelope) => String(envelope.envelopeId));
    expect(confirmed.length).toBeGreaterThanOrEqual(KILLS);
    expect(confirmed.flat().filter((id) => !stored.includes(id))).toEqual([]);
    expect(new Set(stored).size).toBe(stored.length);
    // Each batch whole and in its order; beyond the confirmed at most one a kill, whose answer was cut off.
    expect(stored.length % 3).toBe(0);
    expect(stored.length / 3).toBeLessThanOrEqual(confirmed.length + KILLS);
    for (const batch of confirmed)
      expect(stored.slice(stored.indexOf(batch[0]!), stored.indexOf(batch[0]!) + 3)).toEqual(batch);
  }, 120_000);
});
