import type { UnixMs } from '@sotto/protocol/ids';
import { mlKem768PublicKey } from '../backend/noble.js';
import { CanonicalWriter, readFields, type CanonicalReader } from '../bytes.js';
import { constantTimeEqual } from '../constant-time.js';
import type { RandomSource } from '../environment.js';
import {
  LinkChannelKey,
  LinkEphemeralPrivateKey,
  LinkKemSeed,
  LinkNonce,
  type LinkDigits,
  type LinkHost,
  type LinkMessage,
  type LinkState,
  type LinkTranscript,
} from '../keys.js';
import {
  decapsulateChannel,
  refuseLink,
  resumeFirstMessage,
  sealFirstMessage,
  type HandshakeRefused,
} from './handshake.js';
import { linkKeysHash, readKeys, readLabel, readSuites, writeSuites, type NewDevice } from './introduction.js';
import { deriveDigits, openBox, transcriptOfBox } from './key-schedule.js';
import type { LinkCode } from './link-code.js';
import { MatchedLink } from './link-grant.js';
import { verifyLinkToken, type RequestToken, type TokenVerdict } from './link-token.js';
import { OneUse } from './one-use.js';
import { PROOF_LENGTH, verifyProof } from './proof.js';
import {
  readDigits,
  readMessage,
  readNewDevice,
  readRequestCode,
  readTranscript,
  writeCode,
  writeDigits,
  writeNewDevice,
  writeState,
} from './state-record.js';

interface ScanInput {
  /** The own server: a code for another one is not for this account. */
  readonly host: LinkHost;
  /** By the server's clock. */
  readonly now: UnixMs;
  readonly random: RandomSource;
}

export type StartedScan =
  | { readonly outcome: 'started'; readonly scan: LinkScan }
  | { readonly outcome: 'refused'; readonly reason: 'otherHost' | Exclude<TokenVerdict, 'valid'> };

interface ScanFields {
  readonly code: LinkCode<RequestToken>;
  readonly ephemeralKey: LinkEphemeralPrivateKey;
  readonly kemSeed: LinkKemSeed;
  readonly message: LinkMessage;
}

export type RequestAnswerVerdict = { readonly outcome: 'answered'; readonly answered: AnsweredScan } | HandshakeRefused;
export type ConfirmationVerdict = { readonly outcome: 'matched'; readonly link: MatchedLink } | HandshakeRefused;

const readAnswer = (reader: CanonicalReader) => {
  reader.fixed(32);
  const device: NewDevice = { ...readKeys(reader), name: readLabel(reader), system: readLabel(reader) };
  return { device, suites: readSuites(reader), proof: reader.fixed(PROOF_LENGTH) };
};

/** Begins with a code that a new device displays. */
export const scanLinkRequest = (code: LinkCode<RequestToken>, { host, now, random }: ScanInput): StartedScan => {
  if (code.token.host !== host) return { outcome: 'refused', reason: 'otherHost' };
  const verdict = verifyLinkToken(code.token, { signingKey: code.token.signingKey, now });
  if (verdict !== 'valid') return { outcome: 'refused', reason: verdict };
  const ephemeralKey = LinkEphemeralPrivateKey.generate(random);
  const kemSeed = LinkKemSeed.generate(random);
  const nonce = LinkNonce.generate(random);
  const writer = new CanonicalWriter().fixed(nonce.unwrap()).fixed(mlKem768PublicKey(kemSeed.unwrap()));
  const message = sealFirstMessage(code, ephemeralKey, writeSuites(writer).finish());
  return { outcome: 'started', scan: new LinkScan({ code, ephemeralKey, kemSeed, message }) };
};

/** At the authorised device: it has scanned the code of a new device. */
export class LinkScan {
  readonly kind = 'scan';
  readonly #fields: ScanFields;
  readonly #use = new OneUse('scan');

  constructor(fields: ScanFields) {
    this.#fields = fields;
  }

  get token(): RequestToken {
    return this.#fields.code.token;
  }

  /** `M1`. */
  get message(): LinkMessage {
    return this.#fields.message;
  }

  /** Takes `M2`: the keys are those that the code promised, and their holder made it. */
  acceptAnswer(message: Uint8Array): RequestAnswerVerdict {
    this.#use.take();
    const { code, ephemeralKey, kemSeed } = this.#fields;
    const channel = decapsulateChannel(resumeFirstMessage(code, ephemeralKey, this.message), kemSeed, message);
    ephemeralKey.purge();
    kemSeed.purge();
    if (channel === undefined) return refuseLink('malformed');
    const { keys, box } = channel;
    const opened = openBox(keys.fromNew, 0, { box, associatedData: channel.transcript });
    if (opened === undefined) return refuseLink('notAuthentic');
    const answer = readFields(opened, readAnswer);
    if (answer === undefined) return refuseLink('malformed');
    const { device, suites, proof } = answer;
    const { signingKey, keysHash } = code.token;
    if (!constantTimeEqual(device.signingKey, signingKey) || !constantTimeEqual(linkKeysHash(device), keysHash))
      return refuseLink('foreignKeys');
    if (!suites.fits) return refuseLink('suiteMismatch');
    if (!verifyProof(device, channel.transcript, proof)) return refuseLink('badProof');
    const transcript = transcriptOfBox(channel.transcript, box);
    const answered = new AnsweredScan({
      code,
      device,
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
    const { code, ephemeralKey, kemSeed, message } = this.#fields;
    return writeState('scan', (writer) =>
      writeCode(writer, code).fixed(ephemeralKey.unwrap()).fixed(kemSeed.unwrap()).variable(message),
    );
  }

  static read(reader: CanonicalReader): LinkScan {
    return new LinkScan({
      code: readRequestCode(reader),
      ephemeralKey: LinkEphemeralPrivateKey.of(reader.fixed(32)),
      kemSeed: LinkKemSeed.of(reader.fixed(64)),
      message: readMessage(reader),
    });
  }
}

interface AnsweredFields {
  readonly code: LinkCode<RequestToken>;
  readonly device: NewDevice;
  readonly digits: LinkDigits;
  /** `TH3`. */
  readonly transcript: LinkTranscript;
  readonly fromAuthorised: LinkChannelKey;
  readonly fromNew: LinkChannelKey;
}

/** At the authorised device: it shows the digits, and a person types them into the new one. */
export class AnsweredScan {
  readonly kind = 'answeredScan';
  readonly #fields: AnsweredFields;
  readonly #use = new OneUse('answered scan');

  constructor(fields: AnsweredFields) {
    this.#fields = fields;
  }

  get token(): RequestToken {
    return this.#fields.code.token;
  }

  get digits(): LinkDigits {
    return this.#fields.digits;
  }

  /** Who asks. */
  get device(): NewDevice {
    return this.#fields.device;
  }

  /** Takes `M3`: the digits were typed, and the peer of this channel holds the keys that are to be certified. */
  acceptConfirmation(message: Uint8Array): ConfirmationVerdict {
    this.#use.take();
    const { code, device, transcript, fromAuthorised, fromNew } = this.#fields;
    const proof = openBox(fromNew, 1, { box: message, associatedData: transcript });
    fromNew.purge();
    if (proof === undefined) return refuseLink('notAuthentic');
    if (!verifyProof(device, transcript, proof)) return refuseLink('badProof');
    const matched = { code, device, key: fromAuthorised, transcript: transcriptOfBox(transcript, message) };
    return { outcome: 'matched', link: new MatchedLink(matched) };
  }

  /** For the client's encrypted database. */
  export(): LinkState {
    this.#use.check();
    const { code, device, digits, transcript, fromAuthorised, fromNew } = this.#fields;
    return writeState('answeredScan', (writer) =>
      writeDigits(writeNewDevice(writeCode(writer, code), device), digits)
        .fixed(transcript)
        .fixed(fromAuthorised.unwrap())
        .fixed(fromNew.unwrap()),
    );
  }

  static read(reader: CanonicalReader): AnsweredScan {
    return new AnsweredScan({
      code: readRequestCode(reader),
      device: readNewDevice(reader),
      digits: readDigits(reader),
      transcript: readTranscript(reader),
      fromAuthorised: LinkChannelKey.of(reader.fixed(32)),
      fromNew: LinkChannelKey.of(reader.fixed(32)),
    });
  }
}
