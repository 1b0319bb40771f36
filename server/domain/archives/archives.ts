import { createHash } from 'node:crypto';
import { constantTimeEqual } from '@sotto/crypto/server';
import { parseArchiveId, type ArchiveId } from '@sotto/protocol/ids';
import { LIFETIMES, LIMITS, type ArchiveState, type Bytes } from '@sotto/protocol/wire';
import { newBlobName, parseBlobName, type BlobStore } from '../../blobs/blob-store.js';
import type { Log } from '../../log.js';
import type { ArchiveAddress, ArchiveRepository, NewSegment } from '../../storage/archive-repository.js';
import type { DeviceCaller } from '../access-tokens.js';
import { laterBy, type Clock } from '../clock.js';
import { done, refuse, type Nothing, type Outcome, type Refusal } from '../outcome.js';
import { limited, type RateLimiter } from '../rate-limit.js';

const BAD_PLACE = refuse('badRequest', 'The path names no archive id, or no segment number that an archive can have.');
const NOT_THERE = refuse('notFound', 'This account has no such archive or segment here, or it has expired.');
const CONFLICT = refuse(
  'archiveSegmentConflict',
  'Other bytes are stored under this number, or the archive ends elsewhere. Ask what is there, or begin another archive.',
);
const OVER_QUOTA = refuse('quotaExceeded', 'The archives of this account take all the room that they may. Delete one.');
const FULL = refuse('storageFull', 'The server has no room left for archives. Its operator has to make some.');

/** An account has one archive under way as a rule; the others are of links that were given up. */
const ARCHIVES_MOST = 16;
const SEGMENT_NUMBER = /^(?:0|[1-9]\d{0,4})$/;

/** Which archive, and which part of it, as the path of a call says. */
export interface ArchivePlace {
  readonly archiveId: string;
  readonly number: string;
}

export interface ArchivesParts {
  readonly archives: ArchiveRepository;
  readonly blobs: BlobStore;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
  readonly log: Log;
  readonly quotaBytes: number;
}

/** Sealed history on its way from one device of an account to another: segments that are stored, or not, each for itself (SPEC §14.8). */
export class Archives {
  readonly #parts: ArchivesParts;

  constructor(parts: ArchivesParts) {
    this.#parts = parts;
  }

  async put(caller: DeviceCaller, place: ArchivePlace, bytes: Bytes, isLast: boolean): Promise<Outcome<Nothing>> {
    const { limiter } = this.#parts;
    const found = placeOf(caller, place);
    if (found === undefined) return BAD_PLACE;
    const limit = await limiter.take('upload', caller.accountId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const refusal = await this.#refusalBefore(found, bytes, isLast);
    if (refusal !== undefined) return refusal === 'repeated' ? done({}) : refusal;
    return this.#store(found.address, bytes, { number: found.number, isLast });
  }

  async segment(caller: DeviceCaller, place: ArchivePlace): Promise<Outcome<Bytes>> {
    const { archives, blobs, limiter, clock, log } = this.#parts;
    const found = placeOf(caller, place);
    if (found === undefined) return BAD_PLACE;
    const limit = await limiter.take('download', caller.accountId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const segment = await archives.findSegment(found.address, found.number, clock());
    const name = segment && parseBlobName(segment.blobName);
    if (name === undefined) return NOT_THERE;
    const bytes = await blobs.read(name);
    if (bytes !== undefined) return done(bytes);
    // Deleted at this moment, or the folder of blobs is not the one that the database belongs to.
    log.warn('archives.blobMissing');
    return NOT_THERE;
  }

  async state(caller: DeviceCaller, archiveId: string): Promise<Outcome<ArchiveState>> {
    const id = parseArchiveId(archiveId);
    if (id === undefined) return BAD_PLACE;
    const limit = await this.#parts.limiter.take('archiveCall', caller.accountId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const archive = await this.#parts.archives.find(addressOf(caller, id), this.#parts.clock());
    if (archive === undefined) return NOT_THERE;
    const { segments, segmentCount, expiresAt } = archive;
    return done({
      segments: [...segments],
      ...(segmentCount === undefined ? {} : { segmentCount }),
      complete: segments.length === segmentCount,
      expiresAt,
    });
  }

  async remove(caller: DeviceCaller, archiveId: string): Promise<Outcome<Nothing>> {
    const id = parseArchiveId(archiveId);
    if (id === undefined) return BAD_PLACE;
    const limit = await this.#parts.limiter.take('archiveCall', caller.accountId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    // The rows go first: a blob that nobody knows is swept, a row without its blob would be a promise that cannot be kept.
    await this.#removeBlobs(await this.#parts.archives.remove(addressOf(caller, id)));
    return done({});
  }

  /** What can be said before a megabyte is written to the disk. The transaction at the end decides. */
  async #refusalBefore(
    { address, number }: FoundPlace,
    bytes: Bytes,
    isLast: boolean,
  ): Promise<Refusal | 'repeated' | undefined> {
    const { archives, blobs, clock, quotaBytes } = this.#parts;
    const now = clock();
    const stored = await archives.findSegment(address, number, now);
    if (stored !== undefined) {
      const archive = await archives.find(address, now);
      const endsAlike = isLast === (archive?.segmentCount === number + 1);
      return endsAlike && constantTimeEqual<Bytes>(stored.digest, digestOf(bytes)) ? 'repeated' : CONFLICT;
    }
    if ((await archives.usedBytes(address.accountId)) + bytes.length > quotaBytes) return OVER_QUOTA;
    return (await blobs.hasRoom()) ? undefined : FULL;
  }

  async #store(
    address: ArchiveAddress,
    bytes: Bytes,
    { number, isLast }: Pick<NewSegment, 'number' | 'isLast'>,
  ): Promise<Outcome<Nothing>> {
    const { archives, blobs, clock, quotaBytes, log } = this.#parts;
    const name = newBlobName();
    log.debug('archives.beforeBlob');
    await blobs.put(name, bytes);
    log.debug('archives.afterBlob');
    const now = clock();
    const added = await archives.add(
      address,
      { number, isLast, size: bytes.length, digest: digestOf(bytes), blobName: name },
      { quotaBytes, mostArchives: ARCHIVES_MOST, now, expiresAt: laterBy(now, LIFETIMES.archiveMs) },
    );
    log.debug('archives.afterNote');
    switch (added.type) {
      case 'added':
        return done({});
      case 'repeated':
        await blobs.remove(name);
        return done({});
      case 'conflict':
        await blobs.remove(name);
        return CONFLICT;
      case 'overQuota':
        await blobs.remove(name);
        return OVER_QUOTA;
    }
  }

  async #removeBlobs(names: readonly string[]): Promise<void> {
    for (const name of names.map(parseBlobName)) if (name !== undefined) await this.#parts.blobs.remove(name);
  }
}

interface FoundPlace {
  readonly address: ArchiveAddress;
  readonly number: number;
}

const addressOf = ({ accountId }: DeviceCaller, archiveId: ArchiveId): ArchiveAddress => ({ accountId, archiveId });

const placeOf = (caller: DeviceCaller, place: ArchivePlace): FoundPlace | undefined => {
  const archiveId = parseArchiveId(place.archiveId);
  if (archiveId === undefined || !SEGMENT_NUMBER.test(place.number)) return undefined;
  const number = Number(place.number);
  return number < LIMITS.archiveSegments ? { address: addressOf(caller, archiveId), number } : undefined;
};

const digestOf = (bytes: Bytes): Bytes => new Uint8Array(createHash('sha256').update(bytes).digest());
