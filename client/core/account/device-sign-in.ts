import {
  DeviceSigningKey,
  hashRefreshToken,
  RefreshToken,
  SignInChallenge,
  signSignInProof,
  type RandomSource,
} from '@sotto/crypto';
import type { AuthParameters, Bytes, TokenGrant } from '@sotto/protocol/wire';
import type { AnonymousApi, Away, Refused } from '../net/types.js';
import type { SecondFactorField } from './second-factor.js';
import { isGrantFor } from './token-grant.js';
import type { AccountRecord } from './types.js';

export interface DeviceSignIn {
  readonly record: AccountRecord;
  /** The authentication secret that the password was stretched to. */
  readonly secret: Bytes;
  readonly challenge: AuthParameters['challenge'];
  readonly secondFactor?: SecondFactorField;
}

export type DeviceSignInResult =
  { readonly outcome: 'ok'; readonly grant: TokenGrant; readonly refreshToken: Bytes } | Refused | Away;

/**
 * Begins a family of tokens for this device: shows the authentication secret, and the device's signature over the server's
 * challenge, which makes an overheard secret useless elsewhere. Stores nothing.
 */
export const signInDevice = async (
  api: AnonymousApi,
  { record, secret, challenge: offered, secondFactor = {} }: DeviceSignIn,
  random: RandomSource,
): Promise<DeviceSignInResult> => {
  const { accountId, deviceId, username, keys } = record;
  const refreshToken = RefreshToken.generate(random);
  const signingKey = DeviceSigningKey.of(keys.deviceSigningKey);
  const challenge = SignInChallenge.of(offered);
  const refreshTokenHash = hashRefreshToken(refreshToken);
  const signature = signSignInProof(signingKey, { accountId, deviceId, challenge, refreshTokenHash });
  const token = new Uint8Array(refreshToken.unwrap());
  signingKey.purge();
  refreshToken.purge();
  const answer = await api.call('signIn', {
    body: {
      identifier: username,
      secret,
      ...secondFactor,
      device: { deviceId, challenge, refreshTokenHash, signature },
    },
  });
  if (answer.outcome !== 'ok') return answer;
  return isGrantFor(record, answer.value)
    ? { outcome: 'ok', grant: answer.value, refreshToken: token }
    : { outcome: 'away', reason: 'notSotto' };
};
