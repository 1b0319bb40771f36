import { constantTimeEqual } from '@sotto/crypto/server';
import type { Bytes, LinkCancelReason, LinkProgress } from '@sotto/protocol/wire';
import type { Notifier } from '../../notifier/notifier.js';
import type { LinkMessage, LinkSession } from '../../storage/link-session-repository.js';
import type { Storage } from '../../storage/storage.js';
import type { Clock } from '../clock.js';
import { done, type Outcome } from '../outcome.js';
import { limited, type RateLimiter } from '../rate-limit.js';
import { linkName } from './link-name.js';
import { atTime, partyOf, type LinkCredentials, type LinkParty } from './link-party.js';
import { ENDED, OUT_OF_TURN } from './link-refusals.js';
import type { Look, LinkWaits } from './link-waits.js';

export interface LinkTalkParts {
  readonly storage: Pick<Storage, 'transactions' | 'linkSessions'>;
  readonly waits: LinkWaits;
  readonly notifier: Notifier;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
}

interface Party {
  readonly session: LinkSession;
  readonly party: LinkParty;
}

type Nothing = Outcome<Record<string, never>>;
const NOTHING: Nothing = done({});

/** What passes between the two ends of a link, unread (SPEC §11.4 to 11.5). */
export class LinkTalk {
  readonly #parts: LinkTalkParts;

  constructor(parts: LinkTalkParts) {
    this.#parts = parts;
  }

  /** Puts M2 or M3 into its slot, once; the same bytes again, after a lost answer, change nothing. */
  async put(id: Bytes, credentials: LinkCredentials, message: { number: 2 | 3; body: Bytes }): Promise<Nothing> {
    const { linkSessions } = this.#parts.storage;
    return this.#change(id, credentials, async ({ session, party }) => {
      if (session.state === 'ended') return ENDED;
      if (party !== writerOf(session, message.number)) return OUT_OF_TURN;
      const messages = await linkSessions.messages(session.linkSessionId);
      const present = messages.find(({ number }) => number === message.number);
      if (present !== undefined) return constantTimeEqual<Bytes>(present.body, message.body) ? NOTHING : OUT_OF_TURN;
      if (session.state !== 'claimed' || messages.length !== message.number - 1) return OUT_OF_TURN;
      await linkSessions.change(session, {}, message);
      return NOTHING;
    });
  }

  /** Gives up, on either side. A link that is over stays as it is; one that has made a device cannot be taken back like this. */
  cancel(id: Bytes, credentials: LinkCredentials, reason: LinkCancelReason): Promise<Nothing> {
    return this.#change(id, credentials, async ({ session }) => {
      if (session.state === 'activated') return OUT_OF_TURN;
      if (session.state !== 'ended')
        await this.#parts.storage.linkSessions.change(session, { ...OVER, endReason: reason });
      return NOTHING;
    });
  }

  /** What has happened since the revision that the caller has seen; waits for something to happen. */
  async wait(
    id: Bytes,
    credentials: LinkCredentials,
    { after, waitMs }: { readonly after: number; readonly waitMs: number },
  ): Promise<Outcome<LinkProgress>> {
    const limit = await this.#limit(id, credentials);
    if (limit !== undefined) return limit;
    const look = async (): Promise<Look<Outcome<LinkProgress>>> => {
      const { clock, storage } = this.#parts;
      const identified = partyOf(await storage.linkSessions.find(id), credentials);
      if (identified.type === 'refused') return { found: identified, isNew: true, againInMs: 0 };
      const now = clock();
      const session = atTime(identified.value.session, now);
      const messages = await storage.linkSessions.messages(id);
      const progress = progressOf({ session, party: identified.value.party }, messages, after);
      return {
        found: done({ ...progress, serverTime: now }),
        isNew: session.revision > after || session.state === 'ended',
        againInMs: session.expiresAt > now ? session.expiresAt - now : waitMs,
      };
    };
    return this.#parts.waits.wait(id, waitMs, look);
  }

  async #change(id: Bytes, credentials: LinkCredentials, change: (party: Party) => Promise<Nothing>): Promise<Nothing> {
    const { storage, clock, notifier } = this.#parts;
    const limit = await this.#limit(id, credentials);
    if (limit !== undefined) return limit;
    const outcome = await storage.transactions.run<Nothing>(async () => {
      const identified = partyOf(await storage.linkSessions.lock(id), credentials);
      if (identified.type === 'refused') return identified;
      const { session, party } = identified.value;
      return change({ session: atTime(session, clock()), party });
    });
    if (outcome.type === 'done') notifier.linkChanged(linkName(id));
    return outcome;
  }

  async #limit(id: Bytes, { caller }: LinkCredentials) {
    const limit = await this.#parts.limiter.take('linkCall', `${caller?.deviceId ?? 'new'} ${linkName(id)}`);
    return limit.type === 'limited' ? limited(limit.retryAfterMs) : undefined;
  }
}

/** Everything that only a link under way needs. */
const OVER = { state: 'ended', approval: undefined } as const;

/** Who writes which message: the one who showed the code answers the claim; M3 is the proof of the new device either way. */
const writerOf = ({ displayedBy }: LinkSession, number: 2 | 3): LinkParty => (number === 3 ? 'new' : displayedBy);

/** Whose a message is: the claim is of the one who scanned, the approval of the authorised device. */
const authorOf = (session: LinkSession, number: number): LinkParty => {
  if (number === 2 || number === 3) return writerOf(session, number);
  if (number === 4) return 'authorised';
  return session.displayedBy === 'authorised' ? 'new' : 'authorised';
};

const progressOf = (
  { session, party }: Party,
  messages: readonly LinkMessage[],
  after: number,
): Omit<LinkProgress, 'serverTime'> => ({
  revision: session.revision,
  state: session.state,
  ...(session.endReason === undefined ? {} : { reason: session.endReason }),
  messages: messages
    .filter(({ number, revision }) => revision > after && authorOf(session, number) !== party)
    .map(({ number, body }) => ({ number, body })),
  ...(session.contestMac === undefined || party === 'new' ? {} : { contested: session.contestMac }),
  expiresAt: session.expiresAt,
});
