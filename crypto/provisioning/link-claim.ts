import { CanonicalWriter, type CanonicalReader } from '../bytes.js';
import { mlKem768PublicKey } from '../backend/noble.js';
import type { RandomSource } from '../environment.js';
import {
  LinkEphemeralPrivateKey,
  LinkKemSeed,
  LinkMessage,
  LinkNonce,
  type LinkContest,
  type LinkState,
} from '../keys.js';
import { AwaitedGrant } from './grant-receipt.js';
import {
  decapsulateChannel,
  refuseLink,
  resumeFirstMessage,
  sealFirstMessage,
  type HandshakeRefused,
} from './handshake.js';
import { introductionOf, writeKeys, writeLabel, writeSuites, type OwnDevice } from './introduction.js';
import { deriveDigits, openBox, sealBox, transcriptOfBox } from './key-schedule.js';
import type { LinkCode } from './link-code.js';
import type { OfferToken } from './link-token.js';
import { OneUse } from './one-use.js';
import { contestLink, makeProof } from './proof.js';
import { readMessage, readOfferCode, readOwnDevice, writeCode, writeOwnDevice, writeState } from './state-record.js';

interface ClaimFields {
  readonly code: LinkCode<OfferToken>;
  readonly own: OwnDevice;
  readonly ephemeralKey: LinkEphemeralPrivateKey;
  readonly kemSeed: LinkKemSeed;
  readonly message: LinkMessage;
}

export type AnswerVerdict = { readonly outcome: 'answered'; readonly awaited: AwaitedGrant } | HandshakeRefused;

/** Claims a code that an authorised device displays. Everything random about it is drawn here, so that a restart repeats it. */
export const claimLinkOffer = (
  code: LinkCode<OfferToken>,
  { own, random }: { readonly own: OwnDevice; readonly random: RandomSource },
): LinkClaim => {
  const ephemeralKey = LinkEphemeralPrivateKey.generate(random);
  const kemSeed = LinkKemSeed.generate(random);
  const nonce = LinkNonce.generate(random);
  const device = introductionOf(own);
  const writer = writeKeys(new CanonicalWriter().fixed(nonce.unwrap()), device);
  writer.fixed(mlKem768PublicKey(kemSeed.unwrap()));
  const plaintext = writeSuites(writeLabel(writeLabel(writer, device.name), device.system)).finish();
  const message = sealFirstMessage(code, ephemeralKey, plaintext);
  return new LinkClaim({ code, own, ephemeralKey, kemSeed, message });
};

/** At the new device: a code was scanned and claimed; the authorised device has not answered. There are no digits yet. */
export class LinkClaim {
  readonly kind = 'claim';
  readonly #fields: ClaimFields;
  readonly #use = new OneUse('claim');

  constructor(fields: ClaimFields) {
    this.#fields = fields;
  }

  get token(): OfferToken {
    return this.#fields.code.token;
  }

  /** `M1`, to be sent with the token until the server has answered. */
  get message(): LinkMessage {
    return this.#fields.message;
  }

  /** What to send when the server says that somebody else has claimed the code. */
  get contest(): LinkContest {
    return contestLink(this.#fields.code);
  }

  /** Takes `M2`: only what the holder of the displayed code sealed opens, and only then there are digits. */
  acceptAnswer(message: Uint8Array): AnswerVerdict {
    this.#use.take();
    const { code, own, ephemeralKey, kemSeed } = this.#fields;
    const channel = decapsulateChannel(resumeFirstMessage(code, ephemeralKey, this.message), kemSeed, message);
    ephemeralKey.purge();
    kemSeed.purge();
    if (channel === undefined) return refuseLink('malformed');
    const { keys, box } = channel;
    const opened = openBox(keys.fromAuthorised, 0, { box, associatedData: channel.transcript });
    if (opened === undefined) return refuseLink('notAuthentic');
    if (LinkNonce.parse(opened) === undefined) return refuseLink('malformed');
    const transcript = transcriptOfBox(channel.transcript, box);
    const proof = makeProof(own.keys, transcript);
    const proofBox = sealBox(keys.fromNew, 0, { plaintext: proof, associatedData: transcript });
    keys.fromNew.purge();
    const awaited = new AwaitedGrant({
      token: code.token,
      own,
      message: LinkMessage.of(proofBox),
      digits: deriveDigits(keys.digitsKey, transcript),
      key: keys.fromAuthorised,
      transcript: transcriptOfBox(transcript, proofBox),
    });
    return { outcome: 'answered', awaited };
  }

  /** For the client's encrypted database. */
  export(): LinkState {
    this.#use.check();
    const { code, own, ephemeralKey, kemSeed, message } = this.#fields;
    return writeState('claim', (writer) =>
      writeOwnDevice(writeCode(writer, code), own)
        .fixed(ephemeralKey.unwrap())
        .fixed(kemSeed.unwrap())
        .variable(message),
    );
  }

  static read(reader: CanonicalReader): LinkClaim {
    return new LinkClaim({
      code: readOfferCode(reader),
      own: readOwnDevice(reader),
      ephemeralKey: LinkEphemeralPrivateKey.of(reader.fixed(32)),
      kemSeed: LinkKemSeed.of(reader.fixed(64)),
      message: readMessage(reader),
    });
  }
}
