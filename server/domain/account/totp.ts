import { randomBytes } from 'node:crypto';
import type { UnixMs } from '@sotto/protocol/ids';
import type { Bytes } from '@sotto/protocol/wire';
import { Secret, TOTP } from 'otpauth';

const PERIOD_S = 30;
/** RFC 4226 §4: 160 bits. */
const SECRET_BYTES = 20;
/** Clocks differ, and typing takes time: the code before and the code after are good as well. */
const WINDOW = 1;

/** The one importer of otpauth: RFC 6238 with what every authenticator can do, SHA-1, six digits, 30 seconds. */
const totpOf = (secret: Bytes, label: string): TOTP =>
  new TOTP({
    issuer: 'Sotto',
    label,
    algorithm: 'SHA1',
    digits: 6,
    period: PERIOD_S,
    secret: new Secret({ buffer: secret.buffer.slice(secret.byteOffset, secret.byteOffset + secret.byteLength) }),
  });

export const newTotpSecret = (): Bytes => new Uint8Array(randomBytes(SECRET_BYTES));

/** What an authenticator is given: to type, and to scan. */
export const totpEnrolment = (secret: Bytes, label: string): { readonly secret: string; readonly uri: string } => {
  const totp = totpOf(secret, label);
  return { secret: totp.secret.base32, uri: totp.toString() };
};

/** The time step whose code this is; `undefined`: of none that is near. */
export const totpStep = (secret: Bytes, code: string, now: UnixMs): number | undefined => {
  const delta = totpOf(secret, '').validate({ token: code, timestamp: now, window: WINDOW });
  return delta === null ? undefined : Math.floor(now / 1_000 / PERIOD_S) + delta;
};
