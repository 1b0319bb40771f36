import { OwnSenderCertificate, SenderCertificateBytes, type LocalIdentity, type SenderTrust } from '@sotto/crypto';
import type { Bytes } from '@sotto/protocol/wire';
import type { AccountApi } from '../net/types.js';
import type { ServerTime } from './server-time.js';
import type { SenderCertificateResult, SenderCertificateSource } from './types.js';

/** A certificate lives for a day; a new one is asked for this long before its end, so that a short outage stops no message. */
const RENEW_AHEAD_MS = 6 * 3_600_000;
/** What is sealed just before the end would reach the server after it, and be lost with its recipients. */
const LAST_MOMENTS_MS = 5 * 60_000;

export interface SenderCertificatesParts {
  readonly api: AccountApi;
  readonly identity: LocalIdentity;
  readonly trust: { readonly senderTrust: SenderTrust; renew(): Promise<boolean> };
  readonly serverTime: ServerTime;
}

/** Keeps the own sender certificate fresh. One that recipients would refuse is never handed out. */
export class SenderCertificates implements SenderCertificateSource {
  readonly #parts: SenderCertificatesParts;
  #present: OwnSenderCertificate | undefined;
  #underWay: Promise<SenderCertificateResult> | undefined;

  constructor(parts: SenderCertificatesParts) {
    this.#parts = parts;
  }

  async get(): Promise<SenderCertificateResult> {
    const present = this.#presentFor(RENEW_AHEAD_MS);
    if (present !== undefined) return { outcome: 'ok', value: present };
    this.#underWay ??= this.#fetch().finally(() => {
      this.#underWay = undefined;
    });
    const fetched = await this.#underWay;
    const still = this.#presentFor(LAST_MOMENTS_MS);
    return fetched.outcome !== 'ok' && still !== undefined ? { outcome: 'ok', value: still } : fetched;
  }

  #presentFor(aheadMs: number): OwnSenderCertificate | undefined {
    const present = this.#present;
    return present !== undefined && present.expiresAt - this.#parts.serverTime.now() > aheadMs ? present : undefined;
  }

  async #fetch(): Promise<SenderCertificateResult> {
    const answer = await this.#parts.api.call('senderCertificate', {});
    if (answer.outcome !== 'ok') return answer;
    let certificate = this.#verify(answer.value.certificate);
    if (certificate === undefined) {
      // The server may work under newer keys than those pinned here.
      await this.#parts.trust.renew();
      certificate = this.#verify(answer.value.certificate);
    }
    if (certificate === undefined) return { outcome: 'unverifiable' };
    this.#present = certificate;
    return { outcome: 'ok', value: certificate };
  }

  #verify(bytes: Bytes): OwnSenderCertificate | undefined {
    const parsed = SenderCertificateBytes.parse(bytes);
    if (parsed === undefined) return undefined;
    const { identity, trust, serverTime } = this.#parts;
    const context = { identity, trust: trust.senderTrust, now: serverTime.now() };
    const verdict = OwnSenderCertificate.verify(parsed, context);
    return verdict.outcome === 'verified' ? verdict.certificate : undefined;
  }
}
