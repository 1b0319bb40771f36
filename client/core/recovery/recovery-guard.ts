import { BridgeError, type PendingRecoveryView } from '@sotto/client/bridge';
import {
  AccessKeyVerifier,
  AccountIdentityKey,
  CertificateHash,
  constantTimeEqual,
  HeldRequestHash,
  ListHash,
  RecoveryAuthenticationHash,
  RecoveryBlobHash,
  recoveryRequestHash,
  RefreshTokenHash,
  RootChangeBytes,
  rootChangeHash,
  SignInChallenge,
  signVeto,
  verifyRecoveryRequest,
  verifyRootChange,
  XEdDsaSignature,
  type RecoveryRequest,
} from '@sotto/crypto';
import type { PendingRecoveries } from '@sotto/protocol/wire';
import { failureOf } from '../account/failure.js';
import type { AccountRecord, AccountStore } from '../account/types.js';
import { purgeKeys, type WrappedKeys } from '../account/wrapped-keys.js';
import { headOf } from '../devices/device-pin.js';
import type { DevicePinStore } from '../devices/types.js';
import type { AccountApi, Away, Refused } from '../net/types.js';
import { openKeys } from './opened-keys.js';

type PendingRecovery = PendingRecoveries['recoveries'][number];

export interface RecoveryGuardParts {
  readonly accounts: AccountStore;
  readonly wrappedKeys: WrappedKeys;
  readonly pins: DevicePinStore;
  readonly api: AccountApi;
}

const nameOf = (hash: Uint8Array): string => Buffer.from(hash).toString('base64url');

const refusalOf = (result: Refused | Away): BridgeError => {
  if (result.outcome === 'refused' && ['notFound', 'recoveryNotVetoable'].includes(result.code)) {
    return new BridgeError('notNow');
  }
  const { code, params } = failureOf(result).failure;
  return new BridgeError(code, params);
};

/** What waits to change the account, and this device's no to it. */
export class RecoveryGuard {
  readonly #parts: RecoveryGuardParts;

  constructor(parts: RecoveryGuardParts) {
    this.#parts = parts;
  }

  /** Only what the recovery key, or a device of the account, has really signed: a server could make up the rest. */
  async pending(): Promise<readonly PendingRecoveryView[]> {
    const record = this.#record;
    const { recoveries, newRoot } = await this.#ask();
    const views = recoveries
      .filter((recovery) => isGenuine(record, recovery))
      .map(({ requestHash, until, vetoed, claim }) => ({
        id: nameOf(requestHash),
        kind: 'recovery' as const,
        until,
        canVeto: !vetoed && !claim.provesPassword,
      }));
    return newRoot !== undefined && this.#isGenuineRoot(newRoot)
      ? [...views, { id: nameOf(newRoot.requestHash), kind: 'newRoot', until: newRoot.until, canVeto: true }]
      : views;
  }

  /** The password opens the link key: whoever finds an unlocked device cannot keep its owner out. */
  async veto(id: string, password: string): Promise<void> {
    const { accountId, deviceId } = this.#record;
    const requestHash = HeldRequestHash.parse(Buffer.from(id, 'base64url'));
    if (requestHash === undefined) throw new BridgeError('notNow');
    const keys = await openKeys(this.#parts.wrappedKeys, password);
    const signature = signVeto(keys.linkKey, { accountId, deviceId, requestHash });
    purgeKeys(keys);
    const answer = await this.#parts.api.call('vetoRecovery', { body: { requestHash, signature } });
    if (answer.outcome !== 'ok') throw refusalOf(answer);
  }

  async #ask(): Promise<PendingRecoveries> {
    const answer = await this.#parts.api.call('pendingRecoveries', {});
    if (answer.outcome !== 'ok') throw refusalOf(answer);
    return answer.value;
  }

  #isGenuineRoot({ requestHash, rootChange }: NonNullable<PendingRecoveries['newRoot']>): boolean {
    const pin = this.#parts.pins.find(this.#record.accountId);
    const bytes = RootChangeBytes.parse(rootChange.bytes);
    if (pin === undefined || bytes === undefined) return false;
    const isNamed = constantTimeEqual<Uint8Array>(rootChangeHash(bytes), requestHash);
    return isNamed && verifyRootChange(headOf(pin), rootChange).outcome === 'valid';
  }

  get #record(): AccountRecord {
    const record = this.#parts.accounts.find();
    if (record?.phase !== 'registered') throw new BridgeError('noAccount');
    return record;
  }
}

const isGenuine = ({ accountId, keys }: AccountRecord, { requestHash, claim, signature }: PendingRecovery): boolean => {
  const request: RecoveryRequest = {
    accountId,
    challenge: SignInChallenge.of(claim.challenge),
    listHash: ListHash.of(claim.listHash),
    certificateHash: CertificateHash.of(claim.certificateHash),
    authenticationHash: RecoveryAuthenticationHash.of(claim.authenticationHash),
    accessKeyVerifier: AccessKeyVerifier.of(claim.accessKeyVerifier),
    refreshTokenHash: RefreshTokenHash.of(claim.refreshTokenHash),
    blobHash: RecoveryBlobHash.of(claim.blobHash),
    provesPassword: claim.provesPassword,
  };
  const isNamed = constantTimeEqual<Uint8Array>(recoveryRequestHash(request), requestHash);
  const key = AccountIdentityKey.of(keys.accountIdentityKey);
  return isNamed && verifyRecoveryRequest(key, request, XEdDsaSignature.of(signature));
};
