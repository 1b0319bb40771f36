import { Secret } from '../secret.js';

/** A password or passphrase as the bytes that are stretched: NFKC, UTF-8. */
export type Password = Secret<'password'>;

const MOST_BYTES = 1_024;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Takes what a person typed. NFKC, so that the same password typed on another keyboard or system is the same bytes.
 * `undefined` if it is empty, longer than 1,024 bytes or holds half of a surrogate pair, which UTF-8 cannot tell from
 * any other half. Whether it is a good password is asked elsewhere.
 */
export const parsePassword = (typed: string): Password | undefined => {
  const bytes = new TextEncoder().encode(typed.normalize('NFKC'));
  return bytes.length === 0 || bytes.length > MOST_BYTES || LONE_SURROGATE.test(typed)
    ? undefined
    : new Secret('password', bytes);
};
