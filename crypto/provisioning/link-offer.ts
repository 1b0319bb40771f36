import type { UnixMs } from '@sotto/protocol/ids';
import { concatenate, type CanonicalReader } from '../bytes.js';
import type { RandomSource } from '../environment.js';
import {
  LinkChannelKey,
  LinkEphemeralPrivateKey,
  LinkKemPublicKey,
  LinkKemRandomness,
  LinkMessage,
  LinkNonce,
  LinkSecret,
  ManualCode,
  type DeviceSigningKey,
  type LinkCodeText,
  type LinkDigits,
  type LinkHost,
  type LinkState,
  type LinkTranscript,
  type TlsKeyPin,
} from '../keys.js';
import { areSameDigits } from './digits.js';
import {
  encapsulateChannel,
  linkEphemeralPublicKeyOf,
  openFirstMessage,
  refuseLink,
  type HandshakeRefused,
} from './handshake.js';
import { readKeys, readLabel, readSuites, type NewDevice } from './introduction.js';
import { deriveDigits, openBox, sealBox, transcriptOfBox } from './key-schedule.js';
import { encodeLinkCode, type LinkCode } from './link-code.js';
import { MatchedLink } from './link-grant.js';
import { signOfferToken, type OfferToken } from './link-token.js';
import { manualCodeSecret } from './manual-code.js';
import { OneUse } from './one-use.js';
import { isContest, verifyProof } from './proof.js';
import {
  readDigits,
  readMessage,
  readNewDevice,
  readOfferCode,
  readTranscript,
  writeCode,
  writeDigits,
  writeNewDevice,
  writeState,
} from './state-record.js';

/** What an authorised device offers. */
export interface OfferInput {
  readonly signingKey: DeviceSigningKey;
  readonly host: LinkHost;
  readonly tlsPin?: TlsKeyPin | undefined;
  readonly textExport?: boolean;
  readonly historyOffered?: boolean;
  /** By the server's clock, never the own one. */
  readonly expiresAt: UnixMs;
  /** Where a person types it instead of scanning; the link secret comes from it. */
  readonly manualCode?: ManualCode | undefined;
  readonly random: RandomSource;
}

interface OfferFields {
  readonly code: LinkCode<OfferToken>;
  readonly ephemeralKey: LinkEphemeralPrivateKey;
  readonly kemRandomness: LinkKemRandomness;
  readonly nonce: LinkNonce;
  readonly manualCode: ManualCode | undefined;
}

export type ClaimVerdict = { readonly outcome: 'claimed'; readonly claimed: ClaimedOffer } | HandshakeRefused;
export type ProofVerdict = { readonly outcome: 'proven'; readonly proven: ProvenOffer } | HandshakeRefused;
export type DigitsVerdict =
  | { readonly outcome: 'matched'; readonly link: MatchedLink }
  /** The link is over: whoever guesses gets one try. */
  | { readonly outcome: 'wrongDigits' };

const readClaim = (reader: CanonicalReader) => {
  reader.fixed(32);
  const keys = readKeys(reader);
  const kemKey = LinkKemPublicKey.of(reader.fixed(1_184));
  const device: NewDevice = { ...keys, name: readLabel(reader), system: readLabel(reader) };
  return { device, kemKey, suites: readSuites(reader) };
};

/** Makes an offer: everything random about it is drawn here, so that a restart repeats it. */
export const createLinkOffer = (input: OfferInput): LinkOffer => {
  const { random, manualCode } = input;
  const ephemeralKey = LinkEphemeralPrivateKey.generate(random);
  const secret = manualCode === undefined ? LinkSecret.generate(random) : manualCodeSecret(manualCode);
  const token = signOfferToken(
    {
      expiresAt: input.expiresAt,
      ephemeralKey: linkEphemeralPublicKeyOf(ephemeralKey),
      host: input.host,
      tlsPin: input.tlsPin,
      textExport: input.textExport ?? false,
      historyOffered: input.historyOffered ?? false,
    },
    input.signingKey,
  );
  return new LinkOffer({
    code: { token, secret },
    ephemeralKey,
    kemRandomness: LinkKemRandomness.generate(random),
    nonce: LinkNonce.generate(random),
    manualCode,
  });
};

/** At the authorised device: a code that is displayed and waits for a new device to claim it. */
export class LinkOffer {
  readonly kind = 'offer';
  readonly #fields: OfferFields;
  readonly #use = new OneUse('offer');

  constructor(fields: OfferFields) {
    this.#fields = fields;
  }

  /** What the server gets. */
  get token(): OfferToken {
    return this.#fields.code.token;
  }

  /** What the QR code shows. */
  get codeText(): LinkCodeText {
    return encodeLinkCode(this.#fields.code);
  }

  /** The code to type instead, where the offer was made with one. */
  get manualCode(): ManualCode | undefined {
    return this.#fields.manualCode;
  }

  /** Takes `M1`. An offer takes one claim: whatever comes of it, there is no second. */
  acceptClaim(message: Uint8Array): ClaimVerdict {
    this.#use.take();
    const { code, ephemeralKey, kemRandomness, nonce } = this.#fields;
    const opened = openFirstMessage(code, ephemeralKey, { message, read: readClaim });
    ephemeralKey.purge();
    if (opened.outcome === 'refused') return opened;
    const { device, kemKey, suites } = opened.content;
    if (!suites.fits) return refuseLink('suiteMismatch');
    const channel = encapsulateChannel(opened, kemKey, kemRandomness);
    if (channel === undefined) return refuseLink('badKemKey');
    const { keys, kemCiphertext } = channel;
    const box = sealBox(keys.fromAuthorised, 0, { plaintext: nonce.unwrap(), associatedData: channel.transcript });
    const transcript = transcriptOfBox(channel.transcript, box);
    const claimed = new ClaimedOffer({
      code,
      device,
      message: LinkMessage.of(concatenate(kemCiphertext, box)),
      transcript,
      fromAuthorised: keys.fromAuthorised,
      fromNew: keys.fromNew,
      digits: deriveDigits(keys.digitsKey, transcript),
    });
    return { outcome: 'claimed', claimed };
  }

  /** For the client's encrypted database. */
  export(): LinkState {
    this.#use.check();
    const { code, ephemeralKey, kemRandomness, nonce, manualCode } = this.#fields;
    return writeState('offer', (writer) =>
      writeCode(writer, code)
        .fixed(ephemeralKey.unwrap())
        .fixed(kemRandomness.unwrap())
        .fixed(nonce.unwrap())
        .variable(manualCode?.unwrap() ?? new Uint8Array(0)),
    );
  }

  static read(reader: CanonicalReader): LinkOffer {
    const fields = {
      code: readOfferCode(reader),
      ephemeralKey: LinkEphemeralPrivateKey.of(reader.fixed(32)),
      kemRandomness: LinkKemRandomness.of(reader.fixed(32)),
      nonce: LinkNonce.of(reader.fixed(32)),
    };
    const manual = reader.variable();
    return new LinkOffer({
      ...fields,
      manualCode: manual.length === 0 ? undefined : reader.required(ManualCode.parse(manual)),
    });
  }
}

interface ClaimedFields {
  readonly code: LinkCode<OfferToken>;
  readonly device: NewDevice;
  readonly message: LinkMessage;
  /** `TH3`. */
  readonly transcript: LinkTranscript;
  readonly fromAuthorised: LinkChannelKey;
  readonly fromNew: LinkChannelKey;
  readonly digits: LinkDigits;
}

/** At the authorised device: somebody has claimed the code. Who, is not shown before they have proved their keys. */
export class ClaimedOffer {
  readonly kind = 'claimedOffer';
  readonly #fields: ClaimedFields;
  readonly #use = new OneUse('claimed offer');

  constructor(fields: ClaimedFields) {
    this.#fields = fields;
  }

  get token(): OfferToken {
    return this.#fields.code.token;
  }

  /** `M2`, to be sent until the server has it. */
  get message(): LinkMessage {
    return this.#fields.message;
  }

  /** Does somebody who holds the code say that it was claimed by another? */
  isContest(contest: Uint8Array): boolean {
    return isContest(this.#fields.code, contest);
  }

  /** Takes `M3`: the peer of this channel holds the keys that are to be certified (claim P5). */
  acceptProof(message: Uint8Array): ProofVerdict {
    this.#use.take();
    const { code, device, transcript, fromAuthorised, fromNew, digits } = this.#fields;
    const proof = openBox(fromNew, 0, { box: message, associatedData: transcript });
    fromNew.purge();
    if (proof === undefined) return refuseLink('notAuthentic');
    if (!verifyProof(device, transcript, proof)) return refuseLink('badProof');
    const proven = { code, device, digits, key: fromAuthorised, transcript: transcriptOfBox(transcript, message) };
    return { outcome: 'proven', proven: new ProvenOffer(proven) };
  }

  /** For the client's encrypted database. */
  export(): LinkState {
    this.#use.check();
    const { code, device, message, transcript, fromAuthorised, fromNew, digits } = this.#fields;
    return writeState('claimedOffer', (writer) =>
      writeDigits(
        writeNewDevice(writeCode(writer, code), device)
          .variable(message)
          .fixed(transcript)
          .fixed(fromAuthorised.unwrap())
          .fixed(fromNew.unwrap()),
        digits,
      ),
    );
  }

  static read(reader: CanonicalReader): ClaimedOffer {
    return new ClaimedOffer({
      code: readOfferCode(reader),
      device: readNewDevice(reader),
      message: readMessage(reader),
      transcript: readTranscript(reader),
      fromAuthorised: LinkChannelKey.of(reader.fixed(32)),
      fromNew: LinkChannelKey.of(reader.fixed(32)),
      digits: readDigits(reader),
    });
  }
}

interface ProvenFields {
  readonly code: LinkCode<OfferToken>;
  readonly device: NewDevice;
  readonly digits: LinkDigits;
  readonly key: LinkChannelKey;
  /** `TH4`. */
  readonly transcript: LinkTranscript;
}

/** At the authorised device: the new device has proved its keys; a person types the digits that it shows. */
export class ProvenOffer {
  readonly kind = 'provenOffer';
  readonly #fields: ProvenFields;
  readonly #use = new OneUse('proven offer');

  constructor(fields: ProvenFields) {
    this.#fields = fields;
  }

  /** Who asks. */
  get device(): NewDevice {
    return this.#fields.device;
  }

  get token(): OfferToken {
    return this.#fields.code.token;
  }

  /** Does somebody who holds the code say that it was claimed by another? */
  isContest(contest: Uint8Array): boolean {
    return isContest(this.#fields.code, contest);
  }

  /** Compares what was typed. One try. */
  matchDigits(typed: LinkDigits): DigitsVerdict {
    this.#use.take();
    const { digits, ...matched } = this.#fields;
    if (areSameDigits(typed, digits)) return { outcome: 'matched', link: new MatchedLink(matched) };
    matched.key.purge();
    return { outcome: 'wrongDigits' };
  }

  /** For the client's encrypted database. */
  export(): LinkState {
    this.#use.check();
    const { code, device, digits, key, transcript } = this.#fields;
    return writeState('provenOffer', (writer) =>
      writeDigits(writeNewDevice(writeCode(writer, code), device), digits)
        .fixed(key.unwrap())
        .fixed(transcript),
    );
  }

  static read(reader: CanonicalReader): ProvenOffer {
    return new ProvenOffer({
      code: readOfferCode(reader),
      device: readNewDevice(reader),
      digits: readDigits(reader),
      key: LinkChannelKey.of(reader.fixed(32)),
      transcript: readTranscript(reader),
    });
  }
}
