import { beforeAll, describe, expect, it } from '@jest/globals';
import { sha256 } from '../backend/noble.js';
import { CanonicalWriter, concatenate } from '../bytes.js';
import { type ArchiveRecord, HistoryKey, RecoverySeed, type ArchiveHeaderBytes, type Bytes } from '../keys.js';
import { LABELS } from '../labels.js';
import { parsePassword, type Password } from '../password/password.js';
import { testArchive, testRecord } from '../testing/archive-samples.js';
import { flippedBits } from '../testing/corruption.js';
import { counted, LONG_TEST_MS, sampled, TEST_SEED } from '../testing/scale.js';
import { SeededChoice } from '../testing/seeded-choice.js';
import { seededRandomForTesting } from '../testing/seeded-random.js';
import { NOW, testAccount } from '../testing/test-account.js';
import type { OpenArchive } from './archive-header.js';
import {
  BACKUP_HEADER_MOST_BYTES,
  encodeBackupHeader,
  readBackupHeader,
  unlockBackupWithPassphrase,
  unlockBackupWithRecoveryKey,
  type BackupHeader,
} from './backup-header.js';
import { BackupReader, type BackupPart } from './backup-reader.js';
import { sealPassphraseSlot, sealRecoverySlot, writeSlot } from './backup-slots.js';
import { BackupWriter, type BackupLocks } from './backup-writer.js';

const random = seededRandomForTesting('backup');
const choice = new SeededChoice(TEST_SEED);
const { account } = testAccount('backup');
const passphrase: Password = parsePassword('correct horse battery staple')!;
const environment = { clock: { now: () => NOW }, random };
const records = Array.from({ length: 14 }, (_, index) => testRecord(index, 150_000 + index));

const write = async (locks: BackupLocks, some: readonly ArchiveRecord[] = records): Promise<Bytes> => {
  const writer = await BackupWriter.begin(account.accountId, locks, environment);
  const parts = some.flatMap((record) => writer.add(record) ?? []);
  return concatenate(writer.header, ...parts, writer.finish());
};

const headerOf = (file: Uint8Array): BackupHeader => {
  const verdict = readBackupHeader(file.subarray(0, BACKUP_HEADER_MOST_BYTES));
  if (verdict.outcome === 'refused') throw new Error(`The header was refused: ${verdict.reason}.`);
  return verdict.header;
};
const unlocked = (header: BackupHeader): OpenArchive => {
  const verdict = unlockBackupWithRecoveryKey(header, account.recoverySeed);
  if (verdict.outcome === 'refused') throw new Error(`The file did not unlock: ${verdict.reason}.`);
  return verdict.archive;
};
const reasonOf = (verdict: { readonly outcome: string; readonly reason?: string }): string =>
  verdict.reason ?? verdict.outcome;

/** Streams a file through a reader in pieces. */
const stream = (file: Uint8Array, pieces: (left: number) => number) => {
  const header = headerOf(file);
  const reader = new BackupReader(header, unlocked(header));
  const parts: BackupPart[] = [];
  for (let at = header.length; at < file.length;) {
    const end = Math.min(file.length, at + Math.max(1, pieces(file.length - at)));
    parts.push(...reader.read(file.subarray(at, end)));
    at = end;
  }
  const read = parts.flatMap((part) => (part.outcome === 'records' ? part.records : []));
  const damage = parts.find((part) => part.outcome === 'damaged');
  return { read, damagedAt: damage?.at, end: reader.finish() };
};
const inWhole = (left: number) => left;
const sum = (some: readonly Uint8Array[]) => Buffer.from(sha256(...some)).toString('hex');

let file: Bytes;
let both: Bytes;
beforeAll(async () => {
  file = await write({ root: account.root });
  both = await write({ passphrase, root: account.root }, records.slice(0, 1));
}, LONG_TEST_MS);

describe('a backup file', () => {
  it.each([
    ['in one piece', inWhole],
    ['in pieces of 64 KiB', () => 65_536],
    ['in pieces of any length', () => 1 + choice.below(300_000)],
  ])('gives back every record in order, read %s', (_, pieces) => {
    const { read, damagedAt, end } = stream(file, pieces);
    expect(sum(read)).toBe(sum(records));
    expect(damagedAt).toBeUndefined();
    expect(end).toBe('complete');
  });

  it('is read byte by byte', () => {
    const header = headerOf(both);
    const reader = new BackupReader(header, unlocked(header));
    const parts = Array.from(both.subarray(header.length)).flatMap((byte) => reader.read(Uint8Array.of(byte)));
    expect(parts).toEqual([{ outcome: 'records', records: records.slice(0, 1) }]);
    expect(reader.finish()).toBe('complete');
  });

  it('opens by passphrase and by recovery key alike', async () => {
    const header = headerOf(both);
    const byPassphrase = await unlockBackupWithPassphrase(header, passphrase);
    expect(byPassphrase).toEqual(unlockBackupWithRecoveryKey(header, account.recoverySeed));
    expect(byPassphrase).toMatchObject({
      outcome: 'unlocked',
      archive: { accountId: account.accountId, createdAt: NOW },
    });
  });

  it('is not opened by another passphrase or recovery key', async () => {
    const header = headerOf(both);
    expect(reasonOf(await unlockBackupWithPassphrase(header, parsePassword('wrong')!))).toBe('wrongPassphrase');
    expect(reasonOf(unlockBackupWithRecoveryKey(header, RecoverySeed.generate(random)))).toBe('wrongRecoveryKey');
  });

  it('says which way there is not', async () => {
    const header = headerOf(file);
    expect(reasonOf(await unlockBackupWithPassphrase(header, passphrase))).toBe('noSuchSlot');
    const onlyPassphrase = { ...headerOf(both), slots: headerOf(both).slots.slice(0, 1) };
    expect(reasonOf(unlockBackupWithRecoveryKey(onlyPassphrase, account.recoverySeed))).toBe('noSuchSlot');
  });

  it('is not begun without a lock', async () => {
    await expect(write({})).rejects.toThrow('nothing opens');
  });

  it('has a key that is gone when it is finished', async () => {
    const writer = await BackupWriter.begin(account.accountId, { root: account.root }, environment);
    writer.finish();
    expect(() => writer.add(records[0]!)).toThrow();
  });

  it('takes records and nothing else: no key of a device or of the account fits its type', async () => {
    const writer = await BackupWriter.begin(account.accountId, { root: account.root }, environment);
    const refused = [
      // @ts-expect-error a link key is no record
      () => writer.add(account.device.linkKey),
      // @ts-expect-error nor is an identity key
      () => writer.add(account.device.identityKeyPair.privateKey),
      // @ts-expect-error nor is the seed
      () => writer.add(account.recoverySeed),
      // @ts-expect-error nor are bytes that nobody has called one
      () => writer.add(new Uint8Array(3)),
    ];
    expect(refused).toHaveLength(4);
  });
});

describe('the header of a backup file', () => {
  const refusal = (beginning: Uint8Array) => reasonOf(readBackupHeader(beginning));

  it('is told from anything else', () => {
    expect(refusal(new Uint8Array(0))).toBe('notABackup');
    expect(refusal(new TextEncoder().encode('PK\u0003\u0004'))).toBe('notABackup');
    expect(refusal(random.bytes(BACKUP_HEADER_MOST_BYTES))).toBe('notABackup');
  });

  it('of a later version is called that', () => {
    expect(refusal(file.with('sotto/backup-file/'.length, 0x32).subarray(0, BACKUP_HEADER_MOST_BYTES))).toBe(
      'newerVersion',
    );
  });

  it('that is cut short is called that, at every length', () => {
    const { length } = headerOf(file);
    for (const cut of sampled(length, 100).filter((cut) => cut > 0 && cut < length))
      expect(refusal(file.subarray(0, cut))).toBe('cutShort');
  });

  it('is refused with any bit flipped, and never taken for a wrong passphrase', () => {
    const { length } = headerOf(file);
    const beginning = file.subarray(0, BACKUP_HEADER_MOST_BYTES);
    for (const at of sampled(length, 250))
      for (let bit = 0; bit < 8; bit += 1) {
        const changed = new Uint8Array(beginning);
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        expect(readBackupHeader(changed).outcome).toBe('refused');
      }
  });

  it('may hold slots that only a later version knows', async () => {
    const { archive, slots } = headerOf(both);
    const writer = new CanonicalWriter(LABELS.backupFile)
      .variable(archive)
      .u8(3)
      .u8(9)
      .u16(2)
      .fixed(Uint8Array.of(1, 2));
    for (const slot of slots) writeSlot(writer, slot);
    const written = writer.finish();
    const header = headerOf(concatenate(written, sha256(written)));
    expect(header.slots.map((slot) => slot.kind)).toEqual(['unknown', 'passphrase', 'recoveryKey']);
    expect(reasonOf(await unlockBackupWithPassphrase(header, passphrase))).toBe('unlocked');
    expect(() => encodeBackupHeader(archive, [{ kind: 'unknown' }])).toThrow('unknown');
  });

  it.each([
    ['five slots', (writer: CanonicalWriter) => writer.u8(5)],
    [
      'a passphrase slot of another length',
      (writer: CanonicalWriter) => writer.u8(1).u8(1).u16(99).fixed(new Uint8Array(99)),
    ],
    [
      'a recovery slot of another length',
      (writer: CanonicalWriter) => writer.u8(1).u8(2).u16(9).fixed(new Uint8Array(9)),
    ],
  ])('with %s is damaged', (_, continued) => {
    const writer = new CanonicalWriter(LABELS.backupFile).variable(headerOf(file).archive);
    const written = continued(writer).finish();
    expect(refusal(concatenate(written, sha256(written), new Uint8Array(BACKUP_HEADER_MOST_BYTES)))).toBe('damaged');
  });

  it('does not let a file ask for any cost', async () => {
    const header = headerOf(both);
    const [slot] = header.slots;
    if (slot?.kind !== 'passphrase') throw new Error('The first slot is for the passphrase.');
    for (const cost of [
      { memoryKiB: 8, iterations: 1, parallelism: 1 },
      { memoryKiB: 4_294_967_295, iterations: 3, parallelism: 1 },
    ]) {
      const asking = { ...slot, parameters: { ...slot.parameters, cost } };
      const verdict = await unlockBackupWithPassphrase({ ...header, slots: [asking] }, passphrase);
      expect(reasonOf(verdict)).toBe('unacceptableCost');
    }
  });

  it('cannot take over a slot of another file', async () => {
    const other = headerOf(file);
    const { slots } = headerOf(both);
    expect(reasonOf(await unlockBackupWithPassphrase({ ...other, slots }, passphrase))).toBe('wrongPassphrase');
    expect(reasonOf(unlockBackupWithRecoveryKey({ ...other, slots }, account.recoverySeed))).toBe('wrongRecoveryKey');
  });

  it('is damaged where a slot holds a key that is not that of the archive', () => {
    const archive: ArchiveHeaderBytes = testArchive('backup').header;
    const slot = sealRecoverySlot(account.root, { historyKey: HistoryKey.generate(random), archive, random });
    const header = headerOf(encodeBackupHeader(archive, [slot]));
    expect(reasonOf(unlockBackupWithRecoveryKey(header, account.recoverySeed))).toBe('damaged');
  });

  it('fits into what is read of a file, with as many slots as may be', async () => {
    const { header: archive, historyKey } = testArchive('backup');
    const content = { historyKey, archive, random };
    const slot = sealRecoverySlot(account.root, content);
    const slots = [await sealPassphraseSlot(passphrase, content), slot, slot, slot];
    expect(encodeBackupHeader(archive, slots).length).toBeLessThan(BACKUP_HEADER_MOST_BYTES);
  });
});

describe('the segments of a backup file', () => {
  const begins = (): readonly number[] => {
    const view = new DataView(file.buffer, file.byteOffset, file.length);
    const places: number[] = [];
    for (let at = headerOf(file).length; at < file.length; at += 4 + view.getUint32(at)) places.push(at);
    return [...places, file.length];
  };

  it(
    'that are damaged are named by their place, and those before them are whole',
    () => {
      const places = begins();
      expect(places.length).toBeGreaterThan(3);
      for (let index = 0; index + 1 < places.length; index += 1) {
        const changed = new Uint8Array(file);
        const within = places[index]! + 4 + choice.below(places[index + 1]! - places[index]! - 4);
        changed[within] = (changed[within] ?? 0) ^ 0x10;
        const { read, damagedAt, end } = stream(changed, () => 100_000);
        expect(damagedAt).toBe(places[index]);
        expect(end).toBe('damaged');
        expect(sum(read)).toBe(sum(records.slice(0, read.length)));
      }
    },
    LONG_TEST_MS,
  );

  it('with a length that cannot be are damaged there, at once', () => {
    const [first] = begins();
    for (const length of [0xffff_ffff, 1024 * 1024 + 1, 0]) {
      const changed = new Uint8Array(file);
      new DataView(changed.buffer).setUint32(first!, length);
      expect(stream(changed.subarray(0, first! + 4), inWhole)).toMatchObject({ damagedAt: first, end: 'damaged' });
    }
  });

  it('that are swapped, doubled or left out are damage', () => {
    const [first, second, third] = begins();
    const part = (from: number | undefined, to: number | undefined) => file.subarray(from, to);
    const [start, one, two, rest] = [part(0, first), part(first, second), part(second, third), part(third, undefined)];
    expect(stream(concatenate(start, two, one, rest), inWhole).damagedAt).toBe(first);
    expect(stream(concatenate(start, one, one, two, rest), inWhole).damagedAt).toBe(second);
    expect(stream(concatenate(start, one, rest), inWhole).damagedAt).toBe(second);
  });

  it(
    'that are missing at the end are told, wherever the file is cut',
    () => {
      const places = begins();
      const cuts = places.flatMap((place) => [place - 1, place, place + 1, place + 3, place + 4, place + 70]);
      for (let round = 0; round < counted(200); round += 1) cuts.push(choice.below(file.length));
      for (const cut of cuts.filter((length) => length >= places[0]! && length < file.length)) {
        const { end, damagedAt } = stream(file.subarray(0, cut), () => 200_000);
        expect({ end, damagedAt }).toEqual({ end: 'cutShort', damagedAt: undefined });
      }
    },
    LONG_TEST_MS,
  );

  it('are followed by nothing', () => {
    const longer = Uint8Array.from([...both, 0]);
    expect(stream(longer, inWhole)).toMatchObject({ damagedAt: both.length, end: 'damaged' });
    expect(stream(longer, () => 1_000)).toMatchObject({ damagedAt: both.length, end: 'damaged' });
  });

  it('are not read on after damage', () => {
    const header = headerOf(both);
    const reader = new BackupReader(header, unlocked(header));
    expect(reader.read(new Uint8Array(4))).toEqual([{ outcome: 'damaged', at: header.length }]);
    expect(reader.read(both.subarray(header.length))).toEqual([]);
    expect(reader.finish()).toBe('damaged');
  });
});

describe('reading a backup file from anywhere', () => {
  it('never throws, and never finds a whole one in a changed one', () => {
    const beginning = both.subarray(0, headerOf(both).length);
    for (let round = 0; round < counted(20_000); round += 1) {
      const changed = new Uint8Array(beginning);
      for (let change = 0; change <= choice.below(4); change += 1)
        changed[choice.below(changed.length)] = choice.below(256);
      const verdict = readBackupHeader(changed.subarray(0, choice.below(changed.length + 1)));
      if (verdict.outcome === 'read') expect(Buffer.compare(changed, beginning)).toBe(0);
    }
    for (const { bytes } of flippedBits(beginning.subarray(0, 40)))
      expect(readBackupHeader(bytes).outcome).toBe('refused');
  });
});
