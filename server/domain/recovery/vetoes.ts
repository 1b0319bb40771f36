import {
  constantTimeEqual,
  Ed25519Signature,
  HeldRequestHash,
  verifyVeto,
  type VetoVerdict,
} from '@sotto/crypto/server';
import type { UnixMs } from '@sotto/protocol/ids';
import type { Bytes, PendingRecoveries, RecoveryVetoRequest } from '@sotto/protocol/wire';
import type { Notifier } from '../../notifier/notifier.js';
import type { RecoveryClaim } from '../../storage/recovery-repository.js';
import type { Storage } from '../../storage/storage.js';
import type { DeviceCaller } from '../access-tokens.js';
import type { Clock } from '../clock.js';
import { presentHead } from '../list-head.js';
import { done, refuse, type Nothing, type Outcome, type Refusal } from '../outcome.js';
import { limited, type RateLimiter } from '../rate-limit.js';

const NOTHING_WAITS = refuse('notFound', 'No recovery and no new root of this account waits under this hash.');
const NOT_VETOABLE = refuse('recoveryNotVetoable', 'Whoever asked for this recovery has shown the password as well.');

type VetoFault = Extract<VetoVerdict, { outcome: 'refused' }>['reason'];

const vetoRefusal = (reason: VetoFault): Refusal => {
  switch (reason) {
    case 'foreignAccount':
    case 'deviceNotListed':
      return refuse('deviceNotListed', 'This device is not on the device list of its account.');
    case 'deviceCannotLink':
      return refuse('accessDenied', 'A veto needs a link key, and this device has none.');
    case 'badSignature':
      return refuse('invalidSignature', 'The link key of this device has not signed this veto.');
  }
};

export interface VetoesParts {
  readonly storage: Pick<Storage, 'transactions' | 'accounts' | 'devices' | 'deviceLists' | 'recoveries' | 'roots'>;
  readonly notifier: Notifier;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
}

/** What waits to change an account, and how its devices stop it (SPEC §14.5). */
export class Vetoes {
  readonly #parts: VetoesParts;

  constructor(parts: VetoesParts) {
    this.#parts = parts;
  }

  async pending(caller: DeviceCaller): Promise<Outcome<PendingRecoveries>> {
    const { storage, limiter, clock } = this.#parts;
    const limit = await limiter.take('pendingRecoveries', caller.accountId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const now = clock();
    const held = await storage.recoveries.heldOf(caller.accountId, now);
    const notice = await storage.roots.findNotice(caller.accountId, now);
    return done({
      recoveries: held.map(({ requestHash, claim, signature, requestedAt, heldUntil, vetoedAt }) => ({
        requestHash,
        claim: { ...claim } satisfies RecoveryClaim,
        signature,
        requestedAt,
        until: heldUntil,
        vetoed: vetoedAt !== undefined,
      })),
      ...(notice === undefined || notice.stoppedAt !== undefined
        ? {}
        : {
            newRoot: {
              requestHash: notice.requestHash,
              rootChange: notice.change,
              requestedAt: notice.requestedAt,
              until: notice.heldUntil,
            },
          }),
      serverTime: now,
    });
  }

  async veto(caller: DeviceCaller, { requestHash, signature }: RecoveryVetoRequest): Promise<Outcome<Nothing>> {
    const { storage, notifier, limiter, clock } = this.#parts;
    const limit = await limiter.take('recoveryVeto', caller.accountId);
    if (limit.type === 'limited') return limited(limit.retryAfterMs);
    const now = clock();
    const outcome = await storage.transactions.run<Outcome<Nothing>>(async (abandon) => {
      // Before or after a commit of what is vetoed, never in between.
      await storage.accounts.lock(caller.accountId);
      const { head } = await presentHead(storage, caller.accountId);
      const veto = {
        accountId: caller.accountId,
        deviceId: caller.deviceId,
        requestHash: HeldRequestHash.of(requestHash),
      };
      const verdict = verifyVeto(head, veto, Ed25519Signature.of(signature));
      if (verdict.outcome === 'refused') return abandon(vetoRefusal(verdict.reason));
      const refusal = await this.#stop(caller, requestHash, now);
      return refusal === undefined ? done({}) : abandon(refusal);
    });
    if (outcome.type === 'refused') return outcome;
    const devices = await storage.devices.list(caller.accountId);
    const others = devices.map(({ deviceId }) => deviceId).filter((deviceId) => deviceId !== caller.deviceId);
    notifier.noticed(others, 'recovery');
    return outcome;
  }

  async #stop({ accountId }: DeviceCaller, requestHash: Bytes, now: UnixMs): Promise<Refusal | undefined> {
    const { recoveries, roots } = this.#parts.storage;
    const held = await recoveries.findHeld(accountId, requestHash, now);
    if (held !== undefined) {
      if (held.claim.provesPassword) return NOT_VETOABLE;
      await recoveries.veto(accountId, requestHash, now);
      return undefined;
    }
    const notice = await roots.findNotice(accountId, now);
    if (notice === undefined || !constantTimeEqual<Bytes>(notice.requestHash, requestHash)) return NOTHING_WAITS;
    await roots.stop(accountId, requestHash, now);
    return undefined;
  }
}
