import { argon2id32 } from '../backend/argon2.js';
import { hkdfSha256 } from '../backend/noble.js';
import { labelBytes } from '../bytes.js';
import type { RandomSource } from '../environment.js';
import {
  AuthenticationSecret,
  BackupPassphraseKey,
  PassphraseKey,
  PasswordKey,
  StretchSalt,
  type Bytes,
} from '../keys.js';
import { LABELS, type Label } from '../labels.js';
import { wipe } from '../secret.js';
import type { Password } from './password.js';
import { DEFAULT_STRETCH_COST, isAcceptableCost, type StretchParameters } from './stretch-parameters.js';

/** The two halves of a stretched password (SPEC §4.1). Neither tells anything about the other. */
export interface PasswordKeys {
  /** Sent to sign in. */
  readonly authenticationSecret: AuthenticationSecret;
  /** Never sent: wraps the link key and the recovery seed. */
  readonly passwordKey: PasswordKey;
}

/** Parameters for a new account or a new passphrase. */
export const newStretchParameters = (random: RandomSource): StretchParameters => ({
  salt: StretchSalt.of(random.bytes(16)),
  cost: DEFAULT_STRETCH_COST,
});

const withStretched = async <Keys>(
  password: Password,
  { salt, cost }: StretchParameters,
  split: (part: (label: Label) => Bytes) => Keys,
): Promise<Keys> => {
  if (!isAcceptableCost(cost)) throw new RangeError('The cost of this stretch is outside of what is ever accepted.');
  const stretched = await argon2id32(password.unwrap(), salt, cost);
  const parts: Bytes[] = [];
  try {
    return split((label) => {
      const part = hkdfSha256(stretched, { info: labelBytes(label), length: 32 });
      parts.push(part);
      return part;
    });
  } finally {
    [stretched, ...parts].forEach(wipe);
  }
};

/**
 * Stretches a password with Argon2id and splits the result by HKDF. Takes a good part of a second and 64 MiB on purpose.
 * Throws a `RangeError` for a cost that `acceptStretch` would refuse.
 */
export const derivePasswordKeys = (password: Password, parameters: StretchParameters): Promise<PasswordKeys> =>
  withStretched(password, parameters, (part) => ({
    authenticationSecret: AuthenticationSecret.of(part(LABELS.passwordAuthentication)),
    passwordKey: PasswordKey.of(part(LABELS.passwordKey)),
  }));

/** Stretches the passphrase of a local profile, which no server ever sees anything of. */
export const derivePassphraseKey = (passphrase: Password, parameters: StretchParameters): Promise<PassphraseKey> =>
  withStretched(passphrase, parameters, (part) => PassphraseKey.of(part(LABELS.passphraseKey)));

/** Stretches the passphrase of a backup file. */
export const deriveBackupPassphraseKey = (
  passphrase: Password,
  parameters: StretchParameters,
): Promise<BackupPassphraseKey> =>
  withStretched(passphrase, parameters, (part) => BackupPassphraseKey.of(part(LABELS.backupPassphraseKey)));
