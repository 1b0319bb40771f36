import type { AccountApi, CallResult } from '../../net/types.js';

/** The archives of one account on a server in memory, which can be away, and counts what it is sent. */
export class ArchiveShelf {
  readonly segments = new Map<string, { readonly bytes: Uint8Array; readonly isLast: boolean }>();
  sentBytes = 0;
  isAway = false;
  /** Called before a segment is stored or handed out; what it returns is answered instead. */
  before: (what: 'put' | 'get') => CallResult<never> | undefined = () => undefined;

  /** Called with a segment that has come, again or for the first time. */
  onStored: (isNew: boolean, bytes: number) => void = () => undefined;

  readonly api = {
    call: async (
      route: string,
      input: {
        readonly params: Record<string, string>;
        readonly body?: Uint8Array;
        readonly query?: { last?: string };
      },
    ) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.isAway) return { outcome: 'away', reason: 'unreachable' };
      const name = `${input.params['archiveId'] ?? ''}/${input.params['number'] ?? ''}`;
      switch (route) {
        case 'putArchiveSegment':
          return this.#put(name, input);
        case 'archiveSegment':
          return this.#get(name);
        case 'deleteArchive':
          for (const key of [...this.segments.keys()]) {
            if (key.startsWith(`${input.params['archiveId'] ?? ''}/`)) this.segments.delete(key);
          }
          return { outcome: 'ok', value: {} };
        default:
          throw new Error(`a shelf knows nothing of ${route}`);
      }
    },
  } as unknown as AccountApi;

  #put(name: string, input: { readonly body?: Uint8Array; readonly query?: { last?: string } }) {
    const answer = this.before('put');
    if (answer !== undefined) return answer;
    const bytes = new Uint8Array(input.body ?? []);
    this.sentBytes += bytes.length;
    const stored = this.segments.get(name);
    if (stored !== undefined && !Buffer.from(stored.bytes).equals(bytes)) {
      return { outcome: 'refused', code: 'archiveSegmentConflict', retryAfterMs: 0 };
    }
    this.segments.set(name, { bytes, isLast: input.query?.last === 'true' });
    this.onStored(stored === undefined, bytes.length);
    return { outcome: 'ok', value: {} };
  }

  #get(name: string) {
    const answer = this.before('get');
    if (answer !== undefined) return answer;
    const stored = this.segments.get(name);
    return stored === undefined
      ? { outcome: 'refused', code: 'notFound', retryAfterMs: 0 }
      : { outcome: 'ok', value: stored.bytes };
  }
}
