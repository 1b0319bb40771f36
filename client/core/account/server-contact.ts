import {
  pinServer,
  restorePin,
  ServerKeysBytes,
  trustRootFingerprint,
  TrustRootPublicKey,
  XEdDsaSignature,
  type ServerPin,
} from '@sotto/crypto';
import type { ServerInfo } from '@sotto/protocol/wire';
import type { AnonymousApi } from '../net/types.js';
import { failed, failureOf } from './failure.js';
import type { AccountResult, PinnedServer } from './types.js';

/** A server that has answered, and whose keys are signed by the trust root that is pinned, or by the one now seen first. */
export interface ContactedServer {
  readonly info: ServerInfo;
  readonly pin: ServerPin;
}

export const restoreServerPin = ({ trustRoot, keys }: PinnedServer): ServerPin =>
  restorePin({
    trustRoot: TrustRootPublicKey.of(trustRoot),
    signed: { bytes: ServerKeysBytes.of(keys.bytes), signature: XEdDsaSignature.of(keys.signature) },
  });

export const pinnedServerOf = (origin: string, { trustRoot, signed }: ServerPin): PinnedServer => ({
  origin,
  trustRoot,
  keys: signed,
});

/** Asks a server who it is, and holds it to `pin` where there is one. */
export const contactServer = async (
  api: AnonymousApi,
  pin: ServerPin | undefined,
): Promise<AccountResult<ContactedServer>> => {
  const answer = await api.call('serverInfo', {});
  if (answer.outcome !== 'ok') return failureOf(answer);
  const info = answer.value;
  const verdict = pinServer(pin, info);
  switch (verdict.outcome) {
    case 'pinned':
      return { outcome: 'ok', value: { info, pin: verdict.pin } };
    case 'rootChanged':
      return failed('serverIdentityChanged', { fingerprint: verdict.fingerprint });
    case 'refused':
      // Keys that were replaced, or two of one version, under the right root: an old copy of the server, or its thief.
      return pin === undefined
        ? failed('notASottoServer')
        : failed('serverIdentityChanged', { fingerprint: trustRootFingerprint(pin.trustRoot) });
  }
};
