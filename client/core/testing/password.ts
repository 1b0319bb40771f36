import {
  derivePasswordKeys,
  linkKeyWrapping,
  parsePassword,
  StretchSalt,
  systemRandom,
  type NewAccount,
} from '@sotto/crypto';
import { AccountRepository } from '../storage/account-repository.js';
import type { TestClient } from './test-client.js';

export const PASSWORD = 'correct horse battery staple';

/** Puts the link key of a device under the password, as registration and linking do; stretching it takes its time. */
export const underPassword = async (client: TestClient, { device }: NewAccount): Promise<void> => {
  const { accountId, deviceId, stretch } = client.record;
  const password = parsePassword(PASSWORD);
  if (password === undefined) throw new Error('bad test data');
  const keys = await derivePasswordKeys(password, { ...stretch, salt: StretchSalt.of(stretch.salt) });
  const owner = { owner: { accountId, deviceId }, random: systemRandom };
  const wrappedLinkKey = linkKeyWrapping.wrap(device.linkKey, keys.passwordKey, owner);
  const accounts = new AccountRepository(client.database);
  const record = accounts.find();
  if (record === undefined) throw new Error('bad test data');
  accounts.save({ ...record, keys: { ...record.keys, wrappedLinkKey } });
  client.server.accountOf(deviceId).secret = new Uint8Array(keys.authenticationSecret.unwrap());
};
