/** SPEC §10.3 and §10.5: N, which reads an offer. */
import { concat, demand, Reader, type Bytes } from './bytes.js';
import {
  digitsOf,
  firstKey,
  nextTranscript,
  sessionKeys,
  transcript0,
  transcript1,
  writeIntroduction,
  writeProof,
  type NewDeviceKeys,
  type SessionKeys,
} from './handshake.js';
import type { LinkCode } from './link-code.js';
import {
  curveKeyOf,
  ed25519Public,
  KEM_CIPHERTEXT_LENGTH,
  kemDecapsulate,
  kemKey,
  open,
  seal,
  x25519,
  x25519Public,
} from './primitives.js';

/** The private halves of what N is. */
export interface NewDeviceSecrets {
  readonly identity: Bytes;
  readonly signing: Bytes;
  readonly link: Bytes;
}
export interface NewDeviceWords {
  readonly name: string;
  readonly system: string;
}
/** Drawn with the claim: an N that starts again sends the same bytes. */
export interface ClaimDraws {
  readonly ephemeral: Bytes;
  readonly kemSeed: Bytes;
  readonly nonce: Bytes;
}

/** N from the digits on: everything but the payload is settled. */
export class ShownDigits {
  readonly digits: string;
  readonly m3: Bytes;
  readonly #keys: SessionKeys;
  readonly #th4: Bytes;

  /** A proof is randomised: an N that starts again goes on with the M3 that it has stored. */
  constructor(keys: SessionKeys, th3: Bytes, m3: Bytes) {
    this.#keys = keys;
    this.m3 = m3;
    this.digits = digitsOf(keys, th3);
    this.#th4 = nextTranscript(th3, m3);
  }

  /** The payload of M4. */
  open(m4: Bytes): Bytes {
    const payload = open(this.#keys.authorisedToNew, 1, this.#th4, m4);
    demand(payload.length >= 1 && payload.length <= 12_288, 'a payload of that length');
    return payload;
  }
}

/** N from the claim to the digits. */
export class NewDevice {
  readonly keys: NewDeviceKeys;
  readonly m1: Bytes;
  readonly #secrets: NewDeviceSecrets;
  readonly #shared: Bytes;
  readonly #kemSeed: Bytes;
  readonly #th1: Bytes;

  constructor({ offer, secret }: LinkCode, secrets: NewDeviceSecrets, words: NewDeviceWords, draws: ClaimDraws) {
    this.#secrets = secrets;
    this.#kemSeed = draws.kemSeed;
    this.keys = {
      identity: curveKeyOf(secrets.identity),
      signing: ed25519Public(secrets.signing),
      link: ed25519Public(secrets.link),
    };
    const dh = x25519(draws.ephemeral, offer.ephemeralKey);
    const e = x25519Public(draws.ephemeral);
    const th0 = transcript0(offer.token);
    const introduction = { nonce: draws.nonce, keys: this.keys, kemKey: kemKey(draws.kemSeed), ...words };
    const box1 = seal(firstKey(dh, secret, th0), 0, concat(th0, e), writeIntroduction(introduction));
    this.m1 = concat(e, box1);
    this.#shared = concat(dh, secret);
    this.#th1 = transcript1(th0, e, box1);
  }

  /** Opens M2; without it there are no digits. */
  show(m2: Bytes, storedM3?: Bytes): ShownDigits {
    const reader = new Reader(m2);
    const ciphertext = reader.take(KEM_CIPHERTEXT_LENGTH);
    const box2 = reader.rest();
    const th2 = nextTranscript(this.#th1, ciphertext);
    const keys = sessionKeys(concat(this.#shared, kemDecapsulate(this.#kemSeed, ciphertext)), th2);
    demand(open(keys.authorisedToNew, 0, th2, box2).length === 32, 'not a nonce');
    const th3 = nextTranscript(th2, box2);
    const m3 = storedM3 ?? seal(keys.newToAuthorised, 0, th3, writeProof(this.#secrets, th3));
    return new ShownDigits(keys, th3, m3);
  }
}
