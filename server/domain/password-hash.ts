import { argon2id, hash, needsRehash, verify } from 'argon2';
import { Admission } from './admission.js';

export interface HashCost {
  readonly memoryKiB: number;
  readonly iterations: number;
  readonly parallelism: number;
}

/** The least that OWASP asks of argon2id. The client has stretched the password already; this guards a stolen database. */
export const HASH_COST: HashCost = { memoryKiB: 19_456, iterations: 2, parallelism: 1 };

/** Two cores' worth at once, and what they get through in about two seconds waiting. */
const AT_ONCE = 2;
const WAITING_MOST = 64;

export type HashOutcome = { readonly type: 'hashed'; readonly verifier: string } | { readonly type: 'busy' };

export type VerifyOutcome =
  { readonly type: 'matches'; readonly isOutdated: boolean } | { readonly type: 'differs' } | { readonly type: 'busy' };

/** Argon2id over authentication secrets: the one importer of argon2 on the server. */
export class PasswordHash {
  readonly #options;
  readonly #admission = new Admission(AT_ONCE, WAITING_MOST);
  /** What unknown names are checked against, so that they take as long as known ones. */
  readonly #decoy: string;

  private constructor(cost: HashCost, decoy: string) {
    this.#options = optionsOf(cost);
    this.#decoy = decoy;
  }

  /** @param decoySecret - random bytes that nobody knows */
  static async create(cost: HashCost, decoySecret: Uint8Array): Promise<PasswordHash> {
    return new PasswordHash(cost, await hash(Buffer.from(decoySecret), optionsOf(cost)));
  }

  /** A PHC string with a salt of its own. */
  async hash(secret: Uint8Array): Promise<HashOutcome> {
    const hashed = await this.#admission.run(async () => ({
      verifier: await hash(Buffer.from(secret), this.#options),
    }));
    return hashed === 'turnedAway' ? { type: 'busy' } : { type: 'hashed', ...hashed };
  }

  /** With no `verifier` it takes the same time and differs. */
  async verify(verifier: string | undefined, secret: Uint8Array): Promise<VerifyOutcome> {
    const matches = await this.#admission.run(() => verify(verifier ?? this.#decoy, Buffer.from(secret)));
    if (matches === 'turnedAway') return { type: 'busy' };
    if (!matches || verifier === undefined) return { type: 'differs' };
    return { type: 'matches', isOutdated: needsRehash(verifier, this.#options) };
  }
}

const optionsOf = (cost: HashCost) => ({
  type: argon2id,
  memoryCost: cost.memoryKiB,
  timeCost: cost.iterations,
  parallelism: cost.parallelism,
});
