import {
  acceptStretch,
  AccountIdentityKey,
  constantTimeEqual,
  RecoveryPublicKey,
  type LinkJoin,
  type ListOwner,
  type ReceivedGrant,
  type StretchParameters,
} from '@sotto/crypto';
import type { LinkEnd } from '@sotto/client/bridge';
import { decodeProvisioning, type Provisioning } from '@sotto/protocol/content';
import type { Bytes } from '@sotto/protocol/wire';
import { contactServer, raisedServer, restoreServerPin } from '../account/server-contact.js';
import type { PinnedServer } from '../account/types.js';
import type { Clock } from '../net/clock.js';
import type { AnonymousApi, Away, CallResult, Ok, Refused } from '../net/types.js';
import { fetchAccountChain, type AccountChain } from './account-chain.js';

/** What M4 handed over, read and judged as far as it can be without the server. */
export interface GivenAccount extends Provisioning {
  readonly passwordKey: Bytes;
  readonly parameters: StretchParameters;
}

/** A grant that holds: the account may be joined, if it is the person's. */
export interface Joinable {
  readonly given: GivenAccount;
  readonly join: LinkJoin;
  /** With the newest keys that its trust root signed. */
  readonly server: PinnedServer;
}

export type JoinCheck = Ok<Joinable> | { readonly outcome: 'over'; readonly end: LinkEnd } | Refused | Away;

const over = (end: LinkEnd): JoinCheck => ({ outcome: 'over', end });

/** `undefined`: no honest device of this version hands over such a payload. */
export const givenAccountOf = ({ payload }: ReceivedGrant): GivenAccount | undefined => {
  const given = decodeProvisioning(payload);
  if (given?.passwordKey === undefined) return undefined;
  const { salt, ...cost } = given.stretch;
  const stretch = acceptStretch(undefined, { salt, cost });
  return stretch.outcome === 'accepted'
    ? { ...given, passwordKey: given.passwordKey, parameters: stretch.parameters }
    : undefined;
};

/** The root that the authorised device vouches for; `undefined` where its keys are none. */
export const ownerOf = ({ accountId, ...given }: Provisioning): ListOwner | undefined => {
  const accountIdentityKey = AccountIdentityKey.parse(given.accountIdentityKey);
  const recoveryPublicKey = RecoveryPublicKey.parse(given.recoveryPublicKey);
  if (accountIdentityKey === undefined || recoveryPublicKey === undefined) return undefined;
  return { accountId, root: { accountIdentityKey, recoveryPublicKey } };
};

/** Newer keys where the authorised device has seen newer ones: an old copy of the server is not the server. */
const serverAsNew = async (
  api: AnonymousApi,
  server: PinnedServer,
  { given, clock }: { readonly given: GivenAccount; readonly clock: Clock },
): Promise<CallResult<PinnedServer> | { readonly outcome: 'other' }> => {
  const pin = restoreServerPin(server);
  if (!constantTimeEqual<Uint8Array>(pin.trustRoot, given.trustRoot)) return { outcome: 'other' };
  if (pin.keys.version >= given.serverKeysVersion) return { outcome: 'ok', value: server };
  const contact = await contactServer(api, pin);
  if (contact.outcome === 'failed') {
    const isAway = contact.failure.code === 'serverAway';
    return isAway ? { outcome: 'away', reason: 'unreachable' } : { outcome: 'other' };
  }
  const raised = raisedServer(server, contact.value.pin, clock.now());
  const isNew = contact.value.pin.keys.version >= given.serverKeysVersion;
  return isNew ? { outcome: 'ok', value: raised } : { outcome: 'other' };
};

/** Answers that say nothing of the link, as they are; everything else that is not the chain is no accident. */
const chainOf = async (api: AnonymousApi, owner: ListOwner, server: PinnedServer) => {
  const chain = await fetchAccountChain(api, owner, restoreServerPin(server).keys.receiptKey);
  const isUnknown = chain.outcome === 'refused' && chain.code === 'notFound';
  return isUnknown || chain.outcome === 'unverifiable' ? ({ outcome: 'other' } as const) : chain;
};

/**
 * Verifies everything in M4 against the account's own chain (SPEC §10): AIK's list, the chain up to its head, that an active
 * device which may link displayed the code and signed, and that the next list adds this very device and nothing else.
 */
export const checkJoin = async (
  received: ReceivedGrant,
  parts: { readonly api: AnonymousApi; readonly server: PinnedServer; readonly clock: Clock },
): Promise<JoinCheck> => {
  const { api, clock } = parts;
  const given = givenAccountOf(received);
  const owner = given && ownerOf(given);
  if (given === undefined || owner === undefined) return over('tampered');
  const server = await serverAsNew(api, parts.server, { given, clock });
  if (server.outcome === 'other') return over('tampered');
  if (server.outcome !== 'ok') return server;
  const chain = await chainOf(api, owner, server.value);
  if (chain.outcome === 'other') return over('tampered');
  if (chain.outcome !== 'ok') return chain;
  return judge(received, { given, server: server.value, chain: chain.value });
};

const judge = (
  received: ReceivedGrant,
  { given, server, chain }: { given: GivenAccount; server: PinnedServer; chain: AccountChain },
): JoinCheck => {
  // The name that the person is asked about is the server's for this account too: an attacker who shows a code of their own
  // account cannot pass it off as the victim's (claim P7).
  if (chain.username !== given.username) return over('tampered');
  const list = { bytes: given.list, signature: given.listSignature };
  const verdict = received.verify({ head: chain.head, certificate: given.certificate, list });
  if (verdict.outcome === 'joinable') return { outcome: 'ok', value: { given, join: verdict.join, server } };
  // The account's list has moved on since it was signed; everything else is no accident.
  const isOvertaken = verdict.reason === 'rollback' || verdict.reason === 'wrongPrevious' || verdict.reason === 'gap';
  return over(isOvertaken ? 'listChanged' : 'tampered');
};
