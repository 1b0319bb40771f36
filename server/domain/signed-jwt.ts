import { createPublicKey, type KeyObject } from 'node:crypto';
import { errors, jwtVerify, SignJWT, type JWTPayload } from 'jose';
import type { Clock } from './clock.js';

export type JwtVerdict =
  | { readonly type: 'valid'; readonly payload: JWTPayload }
  | { readonly type: 'expired' }
  | { readonly type: 'invalid' };

export interface JwtKind {
  /** Header `typ` and `aud`: a token of one kind means nothing where another is wanted. */
  readonly type: string;
  readonly audience: string;
  readonly lifetimeMs: number;
  /** Claims that must be there beside those of every kind. */
  readonly claims: readonly string[];
}

// Fixed, never taken from the token: a token cannot choose how it is checked.
const ALGORITHM = 'EdDSA';
const ISSUER = 'sotto-server';
const CLOCK_TOLERANCE_S = 5;

/** Short-lived EdDSA JWTs of one kind. */
export class SignedJwt {
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #clock: Clock;
  readonly #kind: JwtKind;

  constructor(privateKey: KeyObject, clock: Clock, kind: JwtKind) {
    this.#privateKey = privateKey;
    this.#publicKey = createPublicKey(privateKey);
    this.#clock = clock;
    this.#kind = kind;
  }

  issue(subject: string, claims: JWTPayload): Promise<string> {
    const issuedAt = Math.floor(this.#clock() / 1_000);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: ALGORITHM, typ: this.#kind.type })
      .setIssuer(ISSUER)
      .setAudience(this.#kind.audience)
      .setSubject(subject)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + this.#kind.lifetimeMs / 1_000)
      .sign(this.#privateKey);
  }

  /** Never throws for a bad token. `expired` only where everything else about it is right. */
  async verify(token: string): Promise<JwtVerdict> {
    const { type, audience, lifetimeMs, claims } = this.#kind;
    try {
      const { payload } = await jwtVerify(token, this.#publicKey, {
        algorithms: [ALGORITHM],
        typ: type,
        issuer: ISSUER,
        audience,
        requiredClaims: ['sub', 'iat', 'exp', ...claims],
        clockTolerance: CLOCK_TOLERANCE_S,
        // Also refuses tokens from the future, and a longer life than this server gives.
        maxTokenAge: lifetimeMs / 1_000,
        currentDate: new Date(this.#clock()),
      });
      return { type: 'valid', payload };
    } catch (error) {
      if (error instanceof errors.JWTExpired) return { type: 'expired' };
      if (error instanceof errors.JOSEError) return { type: 'invalid' };
      throw error;
    }
  }
}
