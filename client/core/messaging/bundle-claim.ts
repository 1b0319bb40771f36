import { PreKeyBundle } from '@sotto/crypto';
import type { AccountId, DeviceId } from '@sotto/protocol/ids';
import type { ClaimedPreKeys } from '@sotto/protocol/wire';
import type { z } from 'zod';
import type { AccountApi, AnonymousApi, Away, CallResult, Refused } from '../net/types.js';
import type { AnonymousAccess } from './anonymous-access.js';

/** `unusable`: the server gave no bundle for one of the devices, or one that does not verify. */
export type ClaimResult =
  | { readonly outcome: 'ok'; readonly bundles: readonly PreKeyBundle[] }
  | { readonly outcome: 'unusable' }
  | Refused
  | Away;

interface BundleClaimParts {
  readonly access: AnonymousAccess;
  readonly accountApi: AccountApi;
  readonly anonymousApi: AnonymousApi;
}

/** Claims prekey bundles for new sessions, without saying who claims where the person has given their profile key. */
export class BundleClaim {
  readonly #parts: BundleClaimParts;

  constructor(parts: BundleClaimParts) {
    this.#parts = parts;
  }

  async claim(accountId: AccountId, deviceIds: readonly DeviceId[]): Promise<ClaimResult> {
    const result = await this.#call(accountId, deviceIds);
    if (result.outcome !== 'ok') return result;
    const bundles: PreKeyBundle[] = [];
    for (const deviceId of deviceIds) {
      const claimed = result.value.bundles.find((bundle) => bundle.deviceId === deviceId);
      const verdict = claimed && PreKeyBundle.verify(deviceId, claimed);
      if (verdict?.outcome !== 'verified') return { outcome: 'unusable' };
      bundles.push(verdict.bundle);
    }
    return { outcome: 'ok', bundles };
  }

  async #call(
    accountId: AccountId,
    deviceIds: readonly DeviceId[],
  ): Promise<CallResult<z.infer<typeof ClaimedPreKeys>>> {
    const { access, accountApi, anonymousApi } = this.#parts;
    const open = access.find(accountId);
    const body = { accountId, deviceIds: [...deviceIds] };
    if (open === undefined) return accountApi.call('claimPreKeys', { body });
    const result = await anonymousApi.call('claimPreKeys', { body: { ...body, accessKey: open.accessKey } });
    if (result.outcome !== 'refused' || result.code !== 'accessDenied') return result;
    open.refused();
    return this.#call(accountId, deviceIds);
  }
}
