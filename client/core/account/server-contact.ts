import {
  constantTimeEqual,
  pinServer,
  restorePin,
  ServerCertificateBytes,
  ServerKeysBytes,
  trustRootFingerprint,
  TrustRootPublicKey,
  XEdDsaSignature,
  type SenderTrust,
  type ServerPin,
} from '@sotto/crypto';
import type { UnixMs } from '@sotto/protocol/ids';
import { LIFETIMES, type ServerInfo } from '@sotto/protocol/wire';
import type { AnonymousApi } from '../net/types.js';
import { failed, failureOf } from './failure.js';
import type { AccountResult, PinnedServer, ReplacedCertificate } from './types.js';

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

/** What is kept of a server at the first contact. */
export const pinnedServerOf = (origin: string, { trustRoot, signed }: ServerPin): PinnedServer => ({
  origin,
  trustRoot,
  keys: signed,
  replaced: [],
});

/**
 * A sender may go on with its certificate for as long as that lives, and the last envelope sealed with it may wait for as long
 * as the server keeps envelopes. After that a server certificate whose key was stolen is of no use any more.
 */
const REPLACED_MS = LIFETIMES.senderCertificateMs + LIFETIMES.envelopeMs;

const isStillBelieved =
  (now: UnixMs) =>
  ({ replacedAt }: ReplacedCertificate): boolean =>
    now - replacedAt <= REPLACED_MS;

/** The server with newer keys; as it was where these are not newer. */
export const raisedServer = (server: PinnedServer, pin: ServerPin, now: UnixMs): PinnedServer => {
  const { keys } = restoreServerPin(server);
  if (pin.keys.version <= keys.version) return server;
  const isSame = constantTimeEqual(pin.keys.certificate, keys.certificate);
  const replaced = isSame ? server.replaced : [...server.replaced, { certificate: keys.certificate, replacedAt: now }];
  return { ...server, keys: pin.signed, replaced: replaced.filter(isStillBelieved(now)) };
};

/** Whose sender certificates are believed at a time (SPEC §5.5). */
export const senderTrustOf = (server: PinnedServer, now: UnixMs): SenderTrust => {
  const { trustRoot, keys } = restoreServerPin(server);
  const replaced = server.replaced.filter(isStillBelieved(now));
  return {
    trustRoot,
    serverCertificates: [
      keys.certificate,
      ...replaced.map(({ certificate }) => ServerCertificateBytes.of(certificate)),
    ],
  };
};

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
