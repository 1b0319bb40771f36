import type { UnixMs } from '@sotto/protocol/ids';
import { CanonicalWriter, concatenate, type CanonicalReader } from '../bytes.js';
import type { RandomSource } from '../environment.js';
import {
  LinkChannelKey,
  LinkEphemeralPrivateKey,
  LinkKemPublicKey,
  LinkKemRandomness,
  LinkMessage,
  LinkNonce,
  LinkSecret,
  type LinkCodeText,
  type LinkDigits,
  type LinkHost,
  type LinkState,
  type LinkTranscript,
  type TlsKeyPin,
} from '../keys.js';
import { areSameDigits } from './digits.js';
import { AwaitedGrant } from './grant-receipt.js';
import {
  encapsulateChannel,
  linkEphemeralPublicKeyOf,
  openFirstMessage,
  refuseLink,
  type HandshakeRefused,
} from './handshake.js';
import {
  introductionOf,
  linkKeysHash,
  readSuites,
  writeKeys,
  writeLabel,
  writeSuites,
  type OwnDevice,
} from './introduction.js';
import { deriveDigits, sealBox, transcriptOfBox } from './key-schedule.js';
import { encodeLinkCode, type LinkCode } from './link-code.js';
import { signRequestToken, type RequestToken } from './link-token.js';
import { OneUse } from './one-use.js';
import { makeProof } from './proof.js';
import {
  readDigits,
  readMessage,
  readOwnDevice,
  readRequestCode,
  readTranscript,
  writeCode,
  writeDigits,
  writeOwnDevice,
  writeState,
} from './state-record.js';

/** What a new device that cannot scan displays. */
export interface RequestInput {
  readonly own: OwnDevice;
  readonly host: LinkHost;
  readonly tlsPin?: TlsKeyPin | undefined;
  readonly textExport?: boolean;
  /** By the server's clock. */
  readonly expiresAt: UnixMs;
  readonly random: RandomSource;
}

interface RequestFields {
  readonly code: LinkCode<RequestToken>;
  readonly own: OwnDevice;
  readonly ephemeralKey: LinkEphemeralPrivateKey;
  readonly kemRandomness: LinkKemRandomness;
  readonly nonce: LinkNonce;
}

export type ScanVerdict = { readonly outcome: 'answered'; readonly answered: AnsweredRequest } | HandshakeRefused;
export type TypedVerdict =
  | { readonly outcome: 'matched'; readonly awaited: AwaitedGrant }
  /** The link is over: the one who scanned is not the one whose screen the person read. */
  | { readonly outcome: 'wrongDigits' };

const readScan = (reader: CanonicalReader) => {
  reader.fixed(32);
  return { kemKey: LinkKemPublicKey.of(reader.fixed(1_184)), suites: readSuites(reader) };
};

/** Makes a request: everything random about it but signatures is drawn here, so that a restart repeats it. */
export const createLinkRequest = (input: RequestInput): LinkRequest => {
  const { own, random } = input;
  const device = introductionOf(own);
  const ephemeralKey = LinkEphemeralPrivateKey.generate(random);
  const secret = LinkSecret.generate(random);
  const token = signRequestToken(
    {
      expiresAt: input.expiresAt,
      ephemeralKey: linkEphemeralPublicKeyOf(ephemeralKey),
      host: input.host,
      tlsPin: input.tlsPin,
      textExport: input.textExport ?? false,
      historyOffered: false,
      signingKey: device.signingKey,
      keysHash: linkKeysHash(device),
    },
    own.keys.signingKey,
  );
  return new LinkRequest({
    code: { token, secret },
    own,
    ephemeralKey,
    kemRandomness: LinkKemRandomness.generate(random),
    nonce: LinkNonce.generate(random),
  });
};

/** At the new device: its code is displayed and waits for an authorised device to scan it. */
export class LinkRequest {
  readonly kind = 'request';
  readonly #fields: RequestFields;
  readonly #use = new OneUse('request');

  constructor(fields: RequestFields) {
    this.#fields = fields;
  }

  /** What the server gets. */
  get token(): RequestToken {
    return this.#fields.code.token;
  }

  /** What the QR code shows. */
  get codeText(): LinkCodeText {
    return encodeLinkCode(this.#fields.code);
  }

  /** Takes `M1`. A request takes one scan: whatever comes of it, there is no second. */
  acceptScan(message: Uint8Array): ScanVerdict {
    this.#use.take();
    const { code, own, ephemeralKey, kemRandomness, nonce } = this.#fields;
    const opened = openFirstMessage(code, ephemeralKey, { message, read: readScan });
    ephemeralKey.purge();
    if (opened.outcome === 'refused') return opened;
    const { kemKey, suites } = opened.content;
    if (!suites.fits) return refuseLink('suiteMismatch');
    const channel = encapsulateChannel(opened, kemKey, kemRandomness);
    if (channel === undefined) return refuseLink('badKemKey');
    const { keys, kemCiphertext } = channel;
    const device = introductionOf(own);
    const writer = writeKeys(new CanonicalWriter().fixed(nonce.unwrap()), device);
    writeSuites(writeLabel(writeLabel(writer, device.name), device.system));
    const plaintext = writer.fixed(makeProof(own.keys, channel.transcript)).finish();
    const box = sealBox(keys.fromNew, 0, { plaintext, associatedData: channel.transcript });
    const transcript = transcriptOfBox(channel.transcript, box);
    const answered = new AnsweredRequest({
      code,
      own,
      message: LinkMessage.of(concatenate(kemCiphertext, box)),
      digits: deriveDigits(keys.digitsKey, transcript),
      transcript,
      fromAuthorised: keys.fromAuthorised,
      fromNew: keys.fromNew,
    });
    return { outcome: 'answered', answered };
  }

  /** For the client's encrypted database. */
  export(): LinkState {
    this.#use.check();
    const { code, own, ephemeralKey, kemRandomness, nonce } = this.#fields;
    return writeState('request', (writer) =>
      writeOwnDevice(writeCode(writer, code), own)
        .fixed(ephemeralKey.unwrap())
        .fixed(kemRandomness.unwrap())
        .fixed(nonce.unwrap()),
    );
  }

  static read(reader: CanonicalReader): LinkRequest {
    return new LinkRequest({
      code: readRequestCode(reader),
      own: readOwnDevice(reader),
      ephemeralKey: LinkEphemeralPrivateKey.of(reader.fixed(32)),
      kemRandomness: LinkKemRandomness.of(reader.fixed(32)),
      nonce: LinkNonce.of(reader.fixed(32)),
    });
  }
}

interface AnsweredFields {
  readonly code: LinkCode<RequestToken>;
  readonly own: OwnDevice;
  readonly message: LinkMessage;
  readonly digits: LinkDigits;
  /** `TH3`. */
  readonly transcript: LinkTranscript;
  readonly fromAuthorised: LinkChannelKey;
  readonly fromNew: LinkChannelKey;
}

/** At the new device: its code was scanned; a person types the digits that the authorised device shows. */
export class AnsweredRequest {
  readonly kind = 'answeredRequest';
  readonly #fields: AnsweredFields;
  readonly #use = new OneUse('answered request');

  constructor(fields: AnsweredFields) {
    this.#fields = fields;
  }

  get token(): RequestToken {
    return this.#fields.code.token;
  }

  /** `M2`. Made once, with random signatures: store this state before it is sent, and send it again as it is. */
  get message(): LinkMessage {
    return this.#fields.message;
  }

  /** Compares what was typed: one try. Makes `M3`, without which nobody approves. */
  typeDigits(typed: LinkDigits): TypedVerdict {
    this.#use.take();
    const { code, own, digits, transcript, fromAuthorised, fromNew } = this.#fields;
    if (!areSameDigits(typed, digits)) {
      fromAuthorised.purge();
      fromNew.purge();
      return { outcome: 'wrongDigits' };
    }
    const box = sealBox(fromNew, 1, { plaintext: makeProof(own.keys, transcript), associatedData: transcript });
    fromNew.purge();
    const awaited = new AwaitedGrant({
      token: code.token,
      own,
      message: LinkMessage.of(box),
      digits: undefined,
      key: fromAuthorised,
      transcript: transcriptOfBox(transcript, box),
    });
    return { outcome: 'matched', awaited };
  }

  /** For the client's encrypted database. */
  export(): LinkState {
    this.#use.check();
    const { code, own, message, digits, transcript, fromAuthorised, fromNew } = this.#fields;
    return writeState('answeredRequest', (writer) =>
      writeDigits(
        writeOwnDevice(writeCode(writer, code), own)
          .variable(message)
          .fixed(transcript)
          .fixed(fromAuthorised.unwrap())
          .fixed(fromNew.unwrap()),
        digits,
      ),
    );
  }

  static read(reader: CanonicalReader): AnsweredRequest {
    return new AnsweredRequest({
      code: readRequestCode(reader),
      own: readOwnDevice(reader),
      message: readMessage(reader),
      transcript: readTranscript(reader),
      fromAuthorised: LinkChannelKey.of(reader.fixed(32)),
      fromNew: LinkChannelKey.of(reader.fixed(32)),
      digits: readDigits(reader),
    });
  }
}
