import { LinkSessionIdField, type Bytes, type LinkCancelReason, type LinkProgress } from '@sotto/protocol/wire';
import type { AccountApi, AnonymousApi, CallResult } from '../net/types.js';
import type { Answered, Patience } from './patience.js';

/** Below what an ordinary call may take, so that a wait that is over is told from a network that is. */
const WAIT_MS = 15_000;

/** What either end of a link says to the server about the session that both are in. */
export interface LinkTalk {
  put(number: 2 | 3, body: Bytes): Promise<CallResult<unknown>>;
  /** Answered when something has happened since the revision, or when it has waited long enough. */
  wait(after: number): Promise<CallResult<LinkProgress>>;
  /** How it stands, answered at once. */
  look(): Promise<CallResult<LinkProgress>>;
  cancel(reason: LinkCancelReason): Promise<CallResult<unknown>>;
}

const paramsOf = (linkSessionId: Bytes) => ({ params: { linkSessionId: LinkSessionIdField.encode(linkSessionId) } });

/** The authorised device is known by its token. */
export const authorisedTalk = (api: AccountApi, linkSessionId: Bytes): LinkTalk => ({
  put: (number, body) => api.call('putLinkMessage', { ...paramsOf(linkSessionId), body: { number, body } }),
  wait: (after) => api.call('waitLinkSession', { ...paramsOf(linkSessionId), body: { after, waitMs: WAIT_MS } }),
  look: () => api.call('waitLinkSession', { ...paramsOf(linkSessionId), body: { after: 0, waitMs: 0 } }),
  cancel: (reason) => api.call('cancelLink', { ...paramsOf(linkSessionId), body: { reason } }),
});

/** The new device is known by 32 bytes of its own. */
export const newDeviceTalk = (api: AnonymousApi, linkSessionId: Bytes, claimant: Bytes): LinkTalk => ({
  put: (number, body) => api.call('putLinkMessage', { ...paramsOf(linkSessionId), body: { number, body, claimant } }),
  wait: (after) =>
    api.call('waitLinkSession', { ...paramsOf(linkSessionId), body: { after, waitMs: WAIT_MS, claimant } }),
  look: () => api.call('waitLinkSession', { ...paramsOf(linkSessionId), body: { after: 0, waitMs: 0, claimant } }),
  cancel: (reason) => api.call('cancelLink', { ...paramsOf(linkSessionId), body: { reason, claimant } }),
});

/** Follows a session from its beginning; ends with what the last answer said, or with the work. */
export class LinkWatch {
  readonly #patience: Patience;
  #talk: LinkTalk;
  #revision = 0;

  constructor(talk: LinkTalk, patience: Patience) {
    this.#talk = talk;
    this.#patience = patience;
  }

  /** Another session takes the place of this one. */
  follow(talk: LinkTalk): void {
    this.#talk = talk;
    this.#revision = 0;
  }

  /** `superseded`: the answer is about a session that is no longer followed. */
  async next(): Promise<Answered<LinkProgress> | { readonly outcome: 'superseded' } | undefined> {
    const talk = this.#talk;
    const answer = await this.#patience.answered(() => talk.wait(this.#revision));
    if (talk !== this.#talk && !this.#patience.isOver()) return { outcome: 'superseded' };
    if (answer?.outcome === 'ok') this.#revision = answer.value.revision;
    return answer;
  }
}
