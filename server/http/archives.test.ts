import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { LIFETIMES, LIMITS } from '@sotto/protocol/wire';
import { FolderBlobStore } from '../blobs/folder-blob-store.js';
import { newBlobName } from '../blobs/blob-store.js';
import { Archives } from '../domain/archives/archives.js';
import { ArchiveSweep } from '../domain/archives/archive-sweep.js';
import { LocalRateLimiter } from '../domain/rate-limit.js';
import { createLog } from '../log.js';
import { at, bytes, NOW, registered } from '../testing/records.js';
import { describeOnEveryDatabase } from '../testing/describe-on-every-database.js';
import { exchange, refusalOf, succeed } from '../testing/client/rest-calls.js';
import { linkDevice } from '../testing/client/link-device.js';
import { describeServer, registerPerson, signInPerson, type TestServer } from '../testing/client/test-servers.js';

const DAY_MS = 86_400_000;

describeServer('History archives', (servers) => {
  const placed = (archiveId: string, number: number | string) => ({ archiveId, number: String(number) });
  const put = (server: TestServer, token: string, place: { archiveId: string; number: string }, body = bytes(100)) =>
    refusalOf(server.address, 'putArchiveSegment', { token, params: place, body });

  it('come through whole, in any order, for every device of the account and for nobody else', async () => {
    const server = await servers.start();
    const { address } = server;
    const person = await registerPerson(server);
    const stranger = await registerPerson(server);
    const device = await linkDevice(await server.storage(), person.account);
    const second = await signInPerson(server, person.account, device);
    const archiveId = randomUUID();
    const segments = [bytes(LIMITS.archiveSegmentBytes), bytes(70_000), bytes(1)];
    for (const number of [2, 0]) {
      await succeed(address, 'putArchiveSegment', {
        token: person.token,
        params: placed(archiveId, number),
        query: { last: String(number === 2) },
        body: segments[number]!,
      });
    }
    const params = { archiveId };
    expect(await succeed(address, 'archive', { token: second.token, params })).toMatchObject({
      segments: [0, 2],
      segmentCount: 3,
      complete: false,
    });
    expect(await put(server, person.token, placed(archiveId, 1), segments[1])).toBeUndefined();
    const state = await succeed(address, 'archive', { token: second.token, params });
    expect(state).toMatchObject({ segments: [0, 1, 2], complete: true });
    expect(Math.abs(state.expiresAt - Date.now() - LIFETIMES.archiveMs)).toBeLessThan(60_000);
    for (const [number, segment] of segments.entries()) {
      const fetched = await succeed(address, 'archiveSegment', {
        token: second.token,
        params: placed(archiveId, number),
      });
      expect(Buffer.from(fetched).equals(segment)).toBe(true);
    }
    expect(await refusalOf(address, 'archive', { token: stranger.token, params })).toBe('notFound');
    expect(await refusalOf(address, 'archiveSegment', { token: stranger.token, params: placed(archiveId, 0) })).toBe(
      'notFound',
    );
    await succeed(address, 'deleteArchive', { token: stranger.token, params });
    expect(
      await refusalOf(address, 'archiveSegment', { token: second.token, params: placed(archiveId, 0) }),
    ).toBeUndefined();
    await succeed(address, 'deleteArchive', { token: second.token, params });
    expect(await refusalOf(address, 'archive', { token: person.token, params })).toBe('notFound');
  });

  it('answer with bytes that no browser shows', async () => {
    const server = await servers.start();
    const { token } = await registerPerson(server);
    const place = placed(randomUUID(), 0);
    await put(server, token, place, new Uint8Array(Buffer.from('<script>alert(1)</script>')));
    const { headers, status } = await exchange(server.address, {
      path: `/v1/archives/${place.archiveId}/segments/0`,
      headers: { authorization: `Bearer ${token}` },
    });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
  });

  it('take each segment once: the same again is answered alike, other bytes are refused', async () => {
    const server = await servers.start();
    const { token } = await registerPerson(server);
    const archiveId = randomUUID();
    const segment = bytes(500);
    const end = (number: number, last: boolean, body = bytes(10)) =>
      refusalOf(server.address, 'putArchiveSegment', {
        token,
        params: placed(archiveId, number),
        query: { last: String(last) },
        body,
      });
    expect(await end(0, false, segment)).toBeUndefined();
    expect(await end(0, false, segment)).toBeUndefined();
    expect(await end(0, false)).toBe('archiveSegmentConflict');
    expect(await end(5, false)).toBeUndefined();
    // The archive cannot end before a segment that is there, nor have one behind its end, nor end twice.
    expect(await end(4, true)).toBe('archiveSegmentConflict');
    expect(await end(6, true)).toBeUndefined();
    expect(await end(7, false)).toBe('archiveSegmentConflict');
    expect(await end(8, true)).toBe('archiveSegmentConflict');
    expect(await end(3, true)).toBe('archiveSegmentConflict');
    expect(await end(3, false)).toBeUndefined();
    expect(await succeed(server.address, 'archive', { token, params: { archiveId } })).toMatchObject({
      segments: [0, 3, 5, 6],
      segmentCount: 7,
      complete: false,
    });
  });

  it('have one winner where one segment comes twice at once, on two processes', async () => {
    const blobs = mkdtempSync(join(tmpdir(), 'sotto-blobs-'));
    servers.onEnd(() => rmSync(blobs, { recursive: true, force: true }));
    const settings = { SOTTO_BLOBS: blobs };
    const server = await servers.start({ settings });
    const other = servers.databases.engine === 'embedded' ? server : await servers.start({ on: server, settings });
    const { token } = await registerPerson(server);
    const place = placed(randomUUID(), 0);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => put(index % 2 === 0 ? server : other, token, place, bytes(200))),
    );
    expect(answers.filter((code) => code === undefined)).toHaveLength(1);
    expect(answers.filter((code) => code === 'archiveSegmentConflict')).toHaveLength(9);
    expect(await refusalOf(other.address, 'archiveSegment', { token, params: place })).toBeUndefined();
    const kept = readdirSync(blobs, { recursive: true }).filter((name) => String(name).length > 32);
    expect(kept).toHaveLength(1);
  });

  it.each<[string, string, string]>([
    ['an archive id that is none', 'x', '0'],
    ['an archive id in capitals', randomUUID().toUpperCase(), '0'],
    ['a negative number', randomUUID(), '-1'],
    ['a number too high', randomUUID(), String(LIMITS.archiveSegments)],
    ['another spelling of a number', randomUUID(), '01'],
    ['a number that is a path', randomUUID(), '..%2f..%2fx'],
  ])('refuse %s', async (_, archiveId, number) => {
    const server = await servers.start();
    const { token } = await registerPerson(server);
    expect(await put(server, token, { archiveId, number })).toBe('badRequest');
  });

  it('refuse what is too large, empty, packed or of another type, and stay within the quota', async () => {
    const server = await servers.start({ settings: { SOTTO_ARCHIVE_QUOTA_MIB: '1' } });
    const { token } = await registerPerson(server);
    const archiveId = randomUUID();
    const raw = (body: Buffer, type = 'application/octet-stream', encoding?: string) =>
      exchange(server.address, {
        method: 'PUT',
        path: `/v1/archives/${archiveId}/segments/0`,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': type,
          ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
        },
        body,
      });
    expect((await raw(Buffer.alloc(LIMITS.archiveSegmentBytes + 1))).status).toBe(413);
    expect((await raw(Buffer.alloc(0))).status).toBe(400);
    expect((await raw(Buffer.alloc(5), 'application/json')).status).toBe(415);
    expect((await raw(Buffer.alloc(5), 'application/octet-stream', 'gzip')).status).toBe(415);
    expect(await put(server, token, placed(archiveId, 0), bytes(600_000))).toBeUndefined();
    expect(await put(server, token, placed(randomUUID(), 0), bytes(600_000))).toBe('quotaExceeded');
    expect(await put(server, token, placed(archiveId, 1), bytes(400_000))).toBeUndefined();
    await succeed(server.address, 'deleteArchive', { token, params: { archiveId } });
    expect(await put(server, token, placed(randomUUID(), 0), bytes(600_000))).toBeUndefined();
  });
});

describeOnEveryDatabase('Archives on the disk', (databases) => {
  const silent = createLog('error', { write: () => undefined });
  const ground = async (usage: number) => {
    const { storage } = await databases.open();
    const folder = mkdtempSync(join(tmpdir(), 'sotto-blobs-'));
    const blobs = await FolderBlobStore.open(folder, async () => usage);
    const clock = { now: NOW };
    const limiter = new LocalRateLimiter(() => 0, 1_000);
    const parts = { archives: storage.archives, blobs, clock: () => clock.now };
    const archives = new Archives({ ...parts, limiter, log: silent, quotaBytes: 1e9 });
    const [device] = await registered(storage);
    const caller = { scope: 'device', accountId: device!.accountId, deviceId: device!.deviceId } as const;
    const names = () => readdirSync(folder, { recursive: true }).filter((name) => String(name).length > 32);
    return { blobs, archives, sweep: new ArchiveSweep(parts), caller, clock, folder, names };
  };
  const place = { archiveId: randomUUID(), number: '0' };

  it('are refused when the disk is nearly full', async () => {
    const { archives, caller, names, folder } = await ground(0.9);
    expect(await archives.put(caller, place, bytes(10), false)).toMatchObject({ code: 'storageFull' });
    expect(names()).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  it('vanish a week after their newest segment', async () => {
    const { archives, sweep, caller, clock, names, folder } = await ground(0);
    await archives.put(caller, place, bytes(10), false);
    clock.now = at(NOW + 6 * DAY_MS);
    await archives.put(caller, { ...place, number: '1' }, bytes(10), true);
    clock.now = at(NOW + 12 * DAY_MS);
    await sweep.deleteExpired();
    expect(await archives.state(caller, place.archiveId)).toMatchObject({ value: { complete: true } });
    expect(names()).toHaveLength(2);
    clock.now = at(NOW + 13 * DAY_MS);
    // Gone for readers at once, and from the disk with the next sweep.
    expect(await archives.state(caller, place.archiveId)).toMatchObject({ code: 'notFound' });
    expect(await archives.segment(caller, place)).toMatchObject({ code: 'notFound' });
    await sweep.deleteExpired();
    expect(names()).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  it('lose blobs that nobody knows after a day, and no others', async () => {
    const { archives, blobs, sweep, caller, clock, names, folder } = await ground(0);
    await archives.put(caller, place, bytes(10), false);
    const [orphan, young] = [newBlobName(), newBlobName()];
    await blobs.put(orphan, bytes(10));
    await blobs.put(young, bytes(10));
    const fileOf = (name: string) => join(folder, name.slice(0, 2), name);
    for (const name of names()) utimesSync(join(folder, String(name)), NOW / 1_000, NOW / 1_000);
    clock.now = at(NOW + 2 * DAY_MS);
    utimesSync(fileOf(young), clock.now / 1_000, clock.now / 1_000);
    await sweep.deleteExpired();
    expect(existsSync(fileOf(orphan))).toBe(false);
    expect(existsSync(fileOf(young))).toBe(true);
    expect(await archives.segment(caller, place)).toMatchObject({ type: 'done' });
    rmSync(folder, { recursive: true });
  });
});
