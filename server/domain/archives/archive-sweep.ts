import { parseBlobName, type BlobStore, type FoundBlob } from '../../blobs/blob-store.js';
import type { ArchiveRepository } from '../../storage/archive-repository.js';
import type { Clock } from '../clock.js';
import type { Expiring } from '../expiring.js';

/** Writing a blob and noting it are seconds apart; a blob that nobody knows after a day never will be anybody's. */
const ORPHAN_MS = 24 * 3_600_000;
/** Looking through all blobs is the dear part. */
const ORPHANS_EVERY_MS = 3_600_000;
const ARCHIVES_AT_ONCE = 100;

export interface ArchiveSweepParts {
  readonly archives: ArchiveRepository;
  readonly blobs: BlobStore;
  readonly clock: Clock;
}

/** Clears away archives whose time is over, and blobs that no row knows: what a killed process has left between the two. */
export class ArchiveSweep implements Expiring {
  readonly #parts: ArchiveSweepParts;
  #orphansAtMs = 0;

  constructor(parts: ArchiveSweepParts) {
    this.#parts = parts;
  }

  async deleteExpired(): Promise<void> {
    const { archives, blobs, clock } = this.#parts;
    const now = clock();
    const expired = await archives.removeExpired(now, ARCHIVES_AT_ONCE);
    for (const name of expired.map(parseBlobName)) if (name !== undefined) await blobs.remove(name);
    if (now - this.#orphansAtMs < ORPHANS_EVERY_MS) return;
    this.#orphansAtMs = now;
    await this.#deleteOrphans(now - ORPHAN_MS);
  }

  async #deleteOrphans(writtenBeforeMs: number): Promise<void> {
    const { blobs } = this.#parts;
    await blobs.removeUnfinished(writtenBeforeMs);
    for await (const found of blobs.all()) {
      await this.#deleteUnknown(found.filter(({ writtenAtMs }) => writtenAtMs < writtenBeforeMs));
    }
  }

  async #deleteUnknown(old: readonly FoundBlob[]): Promise<void> {
    const { archives, blobs } = this.#parts;
    if (old.length === 0) return;
    const unknown = await archives.findUnknown(old.map(({ name }) => name));
    for (const name of unknown.map(parseBlobName)) if (name !== undefined) await blobs.remove(name);
  }
}
