import type { LinkEnd, LinkOfferView } from '@sotto/client/bridge';
import {
  constantTimeEqual,
  type AuthorisedLinkState,
  type LinkDigits,
  type LinkHost,
  type LinkOffer,
  type LinkScan,
  type MatchedLink,
  type RandomSource,
  type RequestAnswerVerdict,
} from '@sotto/crypto';
import type { UnixMs } from '@sotto/protocol/ids';
import { LIFETIMES, type Bytes, type LinkCancelReason, type LinkProgress } from '@sotto/protocol/wire';
import { failureOf } from '../account/failure.js';
import { ServerTime } from '../account/server-time.js';
import type { AccountRecord, AccountResult } from '../account/types.js';
import type { CoreLog } from '../log.js';
import { later, type Clock } from '../net/clock.js';
import type { AccountApi, CallResult } from '../net/types.js';
import type { LinkAuthority } from './link-authority.js';
import { linkEndOf, refusedEndOf } from './link-end.js';
import { authorisedTalk, LinkWatch, type LinkTalk } from './link-talk.js';
import { answerOf, Patience } from './patience.js';
import { codeTextOf, makeCode, renewalsOf, sessionRequestOf, type OfferMode } from './shown-code.js';
import type { LinkOfferStore } from './types.js';

export interface OpenOfferParts {
  readonly api: AccountApi;
  readonly offers: LinkOfferStore;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly record: AccountRecord;
  readonly host: LinkHost;
  /** This offer's alone: purged when it ends or is approved. */
  readonly authority: LinkAuthority;
  /** Messages that would follow; absent where no history goes with the link. */
  readonly messages: number | undefined;
  readonly log: CoreLog;
  readonly onChange: () => void;
  /** The offer has ended; `tell`: what the server is still to be told. */
  readonly onEnd: (end: LinkEnd, tell: LinkCancelReason | undefined) => void;
}

/** Nothing of it is stored: what opens the link key is not, so a restart ends the link. */
type OpenState = Exclude<AuthorisedLinkState, { readonly kind: 'grantedLink' }>;

/** What the person's approval comes to. */
export type Match =
  | { readonly outcome: 'matched'; readonly link: MatchedLink }
  | { readonly outcome: 'wrongDigits' }
  /** There is nothing to approve. */
  | { readonly outcome: 'notNow' };

const sessionOf = (state: OpenState): Bytes =>
  new Uint8Array(state.kind === 'matchedLink' ? state.sessionId : state.token.sessionId);

/** The message that a state waits for. What comes out of turn is not heard: the server may say everything again. */
const awaitedOf = ({ kind }: OpenState): number | undefined => {
  switch (kind) {
    case 'offer':
      return 1;
    case 'scan':
      return 2;
    case 'claimedOffer':
    case 'answeredScan':
      return 3;
    case 'provenOffer':
    case 'matchedLink':
      return undefined;
  }
};

const areSame = (left: Bytes, right: Bytes): boolean => constantTimeEqual<Bytes>(left, right);

/** At the authorised device: a link from its first code until a person approves. */
export class OpenOffer {
  readonly #parts: OpenOfferParts;
  readonly #patience: Patience;
  readonly #serverTime: ServerTime;
  readonly #watch: LinkWatch;
  #state: OpenState;
  #shown: { readonly mode: OfferMode; renewsAt: UnixMs; renewalsLeft: number } | undefined;
  /** Of a link whose digits are shown here. */
  #digits: LinkDigits | undefined;
  #contested = false;
  #endsAt: UnixMs;
  #renewing: Promise<void> = Promise.resolve();
  #stopTimer: () => void = () => undefined;

  private constructor(parts: OpenOfferParts, state: OpenState) {
    const { clock, authority } = parts;
    this.#parts = parts;
    this.#state = state;
    this.#patience = new Patience(clock);
    this.#serverTime = new ServerTime(clock);
    this.#serverTime.observe(authority.stepUp.serverTime);
    this.#watch = new LinkWatch(this.#talk(state), this.#patience);
    this.#endsAt = later(clock.now(), LIFETIMES.linkOpenMs);
  }

  /** Shows a code. Where the server does not take it, nothing is left of it. */
  static async show(parts: OpenOfferParts, mode: OfferMode): Promise<AccountResult<OpenOffer>> {
    const { record, host, random, messages, authority } = parts;
    const now = authority.stepUp.serverTime;
    const offer = makeCode({ record, host, mode, historyOffered: messages !== undefined, now, random });
    const open = new OpenOffer(parts, offer);
    const answer = await open.#open(offer, undefined);
    if (answer.outcome !== 'ok') return failureOf(answer);
    open.#showing(mode, renewalsOf(mode), answer.value.expiresAt);
    open.#start(undefined);
    return { outcome: 'ok', value: open };
  }

  /** Uses up the code that a new device shows. */
  static async scan(parts: OpenOfferParts, scan: LinkScan): Promise<AccountResult<OpenOffer>> {
    const open = new OpenOffer(parts, scan);
    open.#store(scan);
    const answer = await open.#claim(scan);
    // After an answer that was lost, only the same claim may still be the one that counts.
    const refusal = answerOf(answer);
    if (refusal?.outcome === 'refused') return failureOf(refusal);
    open.#start(answer.outcome === 'ok' ? undefined : scan);
    return { outcome: 'ok', value: open };
  }

  get linkSessionId(): Bytes {
    return sessionOf(this.#state);
  }

  /** The server's time as far as it is known. */
  get serverNow(): UnixMs {
    return this.#serverTime.now();
  }

  get authority(): LinkAuthority {
    return this.#parts.authority;
  }

  get historyWanted(): boolean {
    return this.#parts.messages !== undefined;
  }

  /** The new device has shown the code: the direction in which a person can be talked into more. */
  get isScanned(): boolean {
    return this.#shown === undefined;
  }

  get isContested(): boolean {
    return this.#contested;
  }

  view(): LinkOfferView {
    const state = this.#state;
    switch (state.kind) {
      case 'offer':
        return this.#showingView(state);
      case 'claimedOffer':
      case 'scan':
        return { state: 'claimed' };
      case 'provenOffer':
        return this.#confirmingView(state.device, { kind: 'type' });
      case 'answeredScan':
      case 'matchedLink':
        return this.#confirmingView(state.device, {
          kind: 'show',
          value: this.#digits ?? '',
          typed: state.kind === 'matchedLink',
        });
    }
  }

  /** May the person approve now, in this way? */
  canMatch(typed: LinkDigits | undefined): boolean {
    if (this.#patience.isOver()) return false;
    return this.#state.kind === (typed === undefined ? 'matchedLink' : 'provenOffer');
  }

  /** Takes the digits that were typed: one try. */
  match(typed: LinkDigits | undefined): Match {
    const state = this.#state;
    if (!this.canMatch(typed)) return { outcome: 'notNow' };
    if (state.kind === 'matchedLink') return { outcome: 'matched', link: state };
    if (state.kind !== 'provenOffer' || typed === undefined) return { outcome: 'notNow' };
    return state.matchDigits(typed);
  }

  /** Another takes it from here. */
  handOver(): void {
    this.#patience.end();
    this.#stopTimer();
    this.#parts.authority.purge();
  }

  /** Ends it; `tell`: what the other side is to be told. */
  end(end: LinkEnd, tell?: LinkCancelReason): void {
    if (this.#patience.isOver()) return;
    this.handOver();
    this.#parts.onEnd(end, tell);
  }

  #talk(state: OpenState): LinkTalk {
    return authorisedTalk(this.#parts.api, sessionOf(state));
  }

  /** Before the server hears of the session, so that it can be ended there whatever happens here. */
  #store(state: OpenState): void {
    this.#parts.offers.save({ linkSessionId: sessionOf(state), approval: undefined });
  }

  #open(offer: LinkOffer, replaces: Bytes | undefined) {
    const { api, authority } = this.#parts;
    this.#store(offer);
    const body = sessionRequestOf(offer, { stepUpToken: authority.stepUp.stepUpToken, replaces });
    return api.call('createLinkSession', { body });
  }

  #claim(scan: LinkScan): Promise<CallResult<unknown>> {
    const { api, authority } = this.#parts;
    const { stepUpToken } = authority.stepUp;
    const body = { token: scan.token.bytes, stepUpToken, message: scan.message };
    return api.call('claimReverseLinkSession', { body });
  }

  #showing(mode: OfferMode, renewalsLeft: number, expiresAt: UnixMs): void {
    const { clock } = this.#parts;
    const endsAt = later(clock.now(), expiresAt - this.#serverTime.now());
    this.#endsAt = endsAt;
    const renewsAt = renewalsLeft === 0 ? endsAt : later(clock.now(), LIFETIMES.linkRenewalMs);
    this.#shown = { mode, renewalsLeft, renewsAt };
    if (renewalsLeft === 0) return;
    this.#stopTimer = clock.after(LIFETIMES.linkRenewalMs, () => {
      this.#renewing = this.#renew(mode, renewalsLeft - 1);
    });
  }

  /** Another code takes the place of this one, unless somebody has claimed it meanwhile. */
  async #renew(mode: OfferMode, renewalsLeft: number): Promise<void> {
    const before = this.#state;
    if (before.kind !== 'offer' || this.#patience.isOver()) return;
    const { record, host, random, messages } = this.#parts;
    const historyOffered = messages !== undefined;
    const next = makeCode({ record, host, mode, historyOffered, now: this.#serverTime.now(), random });
    const answer = await this.#patience.answered(() => this.#open(next, sessionOf(before)));
    const taken = answer?.outcome === 'ok' || (await this.#isOpen(next));
    if (this.#patience.isOver()) return;
    if (!taken || this.#state !== before) {
      this.#store(this.#state);
      return;
    }
    this.#state = next;
    this.#watch.follow(this.#talk(next));
    this.#showing(mode, renewalsLeft, next.token.expiresAt);
    this.#parts.onChange();
  }

  /** A repeat is refused where the first request arrived and only its answer was lost. */
  async #isOpen(offer: LinkOffer): Promise<boolean> {
    const answer = await this.#patience.answered(() => this.#talk(offer).look());
    return answer?.outcome === 'ok' && answer.value.state !== 'ended';
  }

  #start(unclaimed: LinkScan | undefined): void {
    this.#run(unclaimed).catch(() => {
      this.#parts.log('failed', { code: 'linkOffer' });
      this.end('unfinished', 'failed');
    });
  }

  async #run(unclaimed: LinkScan | undefined): Promise<void> {
    if (unclaimed !== undefined) {
      const claimed = await this.#patience.answered(() => this.#claim(unclaimed));
      if (claimed?.outcome === 'refused') this.end(refusedEndOf(claimed.code));
    }
    while (!this.#patience.isOver()) {
      const answer = await this.#watch.next();
      if (answer === undefined) return;
      if (answer.outcome === 'ok') await this.#take(answer.value);
      if (answer.outcome === 'refused') this.end(refusedEndOf(answer.code));
    }
  }

  async #take(progress: LinkProgress): Promise<void> {
    const session = this.linkSessionId;
    if (progress.reason === 'replaced') await this.#renewing;
    // The session that took its place is followed from here.
    if (!areSame(session, this.linkSessionId)) return;
    this.#serverTime.observe(progress.serverTime);
    this.#endsAt = later(this.#parts.clock.now(), progress.expiresAt - progress.serverTime);
    if (progress.state === 'ended') {
      this.end(linkEndOf(progress.reason, this.#state.kind === 'offer' ? 'open' : 'claimed'));
      return;
    }
    for (const { number, body } of progress.messages) await this.#hear(number, body);
    this.#hearContest(progress.contested);
    if (!this.#patience.isOver()) this.#parts.onChange();
  }

  async #hear(number: number, body: Bytes): Promise<void> {
    const state = this.#state;
    if (this.#patience.isOver() || number !== awaitedOf(state)) return;
    switch (state.kind) {
      case 'offer':
        return this.#hearClaim(state, body);
      case 'claimedOffer': {
        const verdict = state.acceptProof(body);
        this.#go(verdict.outcome === 'proven' ? verdict.proven : undefined);
        return;
      }
      case 'scan': {
        this.#hearAnswer(state.acceptAnswer(body));
        return;
      }
      case 'answeredScan': {
        const verdict = state.acceptConfirmation(body);
        this.#go(verdict.outcome === 'matched' ? verdict.link : undefined);
        return;
      }
      case 'provenOffer':
      case 'matchedLink':
    }
  }

  #hearAnswer(verdict: RequestAnswerVerdict): void {
    if (verdict.outcome === 'answered') this.#digits = verdict.answered.digits;
    this.#go(verdict.outcome === 'answered' ? verdict.answered : undefined);
  }

  async #hearClaim(offer: LinkOffer, body: Bytes): Promise<void> {
    this.#stopTimer();
    const verdict = offer.acceptClaim(body);
    if (verdict.outcome === 'refused') {
      this.#go(undefined);
      return;
    }
    const { claimed } = verdict;
    this.#go(claimed);
    this.#parts.onChange();
    await this.#patience.answered(() => this.#talk(claimed).put(2, claimed.message));
  }

  /** Whatever is wrong with what the other side says, there is no second try. */
  #go(next: OpenState | undefined): void {
    if (next === undefined) this.end('tampered', 'failed');
    else this.#state = next;
  }

  /** Only who has seen the code can contest it: a server that makes one up is not heard, and takes nothing back. */
  #hearContest(mac: Bytes | undefined): void {
    const state = this.#state;
    if (mac === undefined || !('isContest' in state)) return;
    this.#contested ||= state.isContest(mac);
  }

  #showingView(offer: LinkOffer): LinkOfferView {
    const shown = this.#shown;
    if (shown === undefined) throw new Error('an offer that was not shown');
    const { mode, renewsAt, renewalsLeft } = shown;
    return { state: 'showing', mode, code: codeTextOf(offer), renewsAt, renewalsLeft };
  }

  #confirmingView(
    { name, system }: { readonly name: string; readonly system: string },
    digits: Extract<LinkOfferView, { state: 'confirming' }>['digits'],
  ): LinkOfferView {
    return {
      state: 'confirming',
      deviceName: name,
      system,
      digits,
      contested: this.#contested,
      history: { messages: this.#parts.messages ?? 0 },
      endsAt: this.#endsAt,
    };
  }
}
