import { ArchiveSegmentBytes } from '../keys.js';
import type { OpenArchive } from './archive-header.js';
import { archiveBeginning, positionAfter, type ArchivePosition } from './archive-position.js';
import { openSegment, type SegmentVerdict } from './archive-segment.js';

/**
 * Reads an archive, segment by segment in order: cut, reordered, doubled and foreign ones are refused, and a refused one changes nothing, so
 * that it can be fetched again. To go on after a crash, make one from the position of the last segment whose records were stored.
 */
export class ArchiveReader {
  readonly #archive: OpenArchive;
  #position: ArchivePosition;
  #isComplete = false;

  constructor(archive: OpenArchive, from?: ArchivePosition) {
    this.#archive = archive;
    this.#position = from ?? archiveBeginning(archive.header);
  }

  /** What has been read; its digest is that of the whole archive once `isComplete`. */
  get position(): ArchivePosition {
    return this.#position;
  }

  /** The last segment has been read: nothing is missing. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Takes the next segment. */
  read(untrusted: Uint8Array): SegmentVerdict {
    if (this.#isComplete) return { outcome: 'refused', reason: 'outOfOrder' };
    const verdict = openSegment(this.#archive, this.#position.segments, untrusted);
    if (verdict.outcome === 'refused') return verdict;
    this.#position = positionAfter(this.#position, ArchiveSegmentBytes.of(untrusted));
    this.#isComplete = verdict.isLast;
    return verdict;
  }
}
