/** SPEC §10.3: A, which displays an offer. */
import { ascii, concat, demand, Reader, type Bytes } from './bytes.js';
import {
  demandProof,
  digitsOf,
  firstKey,
  nextTranscript,
  readIntroduction,
  sessionKeys,
  transcript0,
  transcript1,
  type Introduction,
  type SessionKeys,
} from './handshake.js';
import { readOffer, writeCode, writeOffer, type LinkCode, type OfferFields } from './link-code.js';
import { equalSecrets, kemEncapsulate, open, seal, x25519, x25519Public } from './primitives.js';

/** Drawn with the code: an A that starts again answers the same claim by the same bytes. */
export interface OfferDraws {
  readonly ephemeral: Bytes;
  readonly secret: Bytes;
  readonly kemRandomness: Bytes;
  readonly nonce: Bytes;
}

/** A from the answer on. */
export class AnsweredClaim {
  readonly m2: Bytes;
  readonly peer: Introduction;
  readonly #keys: SessionKeys;
  readonly #th3: Bytes;
  #compared = false;

  constructor(shared: Bytes, th1: Bytes, peer: Introduction, draws: OfferDraws) {
    const { ciphertext, secret } = kemEncapsulate(peer.kemKey, draws.kemRandomness);
    const th2 = nextTranscript(th1, ciphertext);
    this.peer = peer;
    this.#keys = sessionKeys(concat(shared, secret), th2);
    const box2 = seal(this.#keys.authorisedToNew, 0, th2, draws.nonce);
    this.#th3 = nextTranscript(th2, box2);
    this.m2 = concat(ciphertext, box2);
  }

  /** M4, for digits that are right and keys that are proved. Digits are compared once. */
  approve(m3: Bytes, typed: string, payload: Bytes): Bytes {
    demand(!this.#compared, 'digits are compared once');
    this.#compared = true;
    demandProof(open(this.#keys.newToAuthorised, 0, this.#th3, m3), this.peer.keys, this.#th3);
    demand(equalSecrets(ascii(typed), ascii(digitsOf(this.#keys, this.#th3))), 'wrong digits');
    return seal(this.#keys.authorisedToNew, 1, nextTranscript(this.#th3, m3), payload);
  }
}

/** A from the code to the claim. */
export class AuthorisedDevice {
  readonly code: LinkCode;
  readonly codeText: string;
  readonly #draws: OfferDraws;
  #claimed = false;

  constructor(fields: Omit<OfferFields, 'ephemeralKey'>, signingKey: Bytes, draws: OfferDraws) {
    const token = writeOffer({ ...fields, ephemeralKey: x25519Public(draws.ephemeral) }, signingKey);
    this.#draws = draws;
    this.code = { offer: readOffer(token), secret: draws.secret };
    this.codeText = writeCode(token, draws.secret);
  }

  /** Takes one claim. */
  take(m1: Bytes): AnsweredClaim {
    demand(!this.#claimed, 'a code takes one claim');
    this.#claimed = true;
    const reader = new Reader(m1);
    const e = reader.take(32);
    const box1 = reader.rest();
    const dh = x25519(this.#draws.ephemeral, e);
    const { secret } = this.code;
    const th0 = transcript0(this.code.offer.token);
    const peer = readIntroduction(open(firstKey(dh, secret, th0), 0, concat(th0, e), box1));
    return new AnsweredClaim(concat(dh, secret), transcript1(th0, e, box1), peer, this.#draws);
  }
}
