import {
  AccountIdentityKey,
  parseRootChange,
  RecoveryPublicKey,
  restoreHead,
  type VerifiedHead,
} from '@sotto/crypto/server';
import type { AccountId } from '@sotto/protocol/ids';
import type { Account } from '../storage/account-repository.js';
import type { DeviceListStep } from '../storage/device-list-repository.js';
import type { Storage } from '../storage/storage.js';

/** The receipted head of an account as it is stored, and the same verified. */
export interface PresentHead {
  readonly step: DeviceListStep;
  readonly head: VerifiedHead;
}

const rootOf = (account: Account) => ({
  accountIdentityKey: AccountIdentityKey.of(account.accountIdentityKey),
  recoveryPublicKey: RecoveryPublicKey.of(account.recoveryPublicKey),
});

/** Where the head of an account is kept. */
export type HeadSource = Pick<Storage, 'accounts' | 'devices' | 'deviceLists' | 'roots'>;

/** The roots that an account has left, and must not come back to. */
const formerRootsOf = async ({ roots }: HeadSource, accountId: AccountId): Promise<readonly Uint8Array[]> => {
  const changes = await roots.changesOf(accountId);
  return changes.map(({ bytes }) => {
    const change = parseRootChange(bytes);
    if (change === undefined) throw new Error('The stored change of a root is damaged.');
    return change.oldRoot;
  });
};

/** The list that an account has now. Throws for an account that has none: registration makes the first with the account. */
export const presentHead = async (source: HeadSource, accountId: AccountId): Promise<PresentHead> => {
  const { accounts, devices, deviceLists } = source;
  const [account, place] = [await accounts.find(accountId), await deviceLists.head(accountId)];
  if (account === undefined || place === undefined) throw new Error('A signed-in device belongs to no account.');
  // The step before it, or for the first of an epoch "from the newest that the account identity key signed", which is itself.
  const before = place.number === 0 ? undefined : { epoch: place.epoch, number: place.number - 1 };
  const [step] = (await deviceLists.page(accountId, before, 1)).steps;
  if (step === undefined) throw new Error('The head of an account is not among its steps.');
  const formerRoots = await formerRootsOf(source, accountId);
  const certificates = (await devices.list(accountId)).map((device) => device.certificate.bytes);
  return { step, head: restoreHead({ root: rootOf(account), list: step.bytes, certificates, formerRoots }) };
};
