import type { DeviceId, UnixMs } from '@sotto/protocol/ids';
import type { CanonicalReader } from '../bytes.js';
import { constantTimeEqual } from '../constant-time.js';
import { rootHash } from '../identity/account-root.js';
import { certificateHash, encodeCertificate } from '../identity/certificate.js';
import { linkPublicKeyOf } from '../identity/device-keys.js';
import { MOST_LISTED_DEVICES } from '../identity/device-list.js';
import { signDeviceList, type SignedDeviceList } from '../identity/list-signature.js';
import { FIRST_REMOVALS_ONLY } from '../identity/list-rules.js';
import type { VerifiedHead } from '../identity/verified-head.js';
import {
  LinkChannelKey,
  LinkMessage,
  LinkSessionId,
  type CertificateBytes,
  type LinkKey,
  type LinkState,
  type LinkTranscript,
  type Plaintext,
} from '../keys.js';
import type { NewDevice } from './introduction.js';
import { sealBox } from './key-schedule.js';
import type { LinkCode } from './link-code.js';
import { OneUse } from './one-use.js';
import { isContest } from './proof.js';
import {
  readCode,
  readMessage,
  readNewDevice,
  readTranscript,
  writeCode,
  writeNewDevice,
  writeState,
} from './state-record.js';

/** The most that an authorised device may hand over in the grant. */
const LINK_PAYLOAD_MOST_BYTES = 12 * 1024;
/** The counter of `M4`: `box2` of an offer had 0. */
export const GRANT_COUNTER = 1;

/** With what, and after which list, an authorised device certifies. */
export interface GrantInput {
  readonly head: VerifiedHead;
  /** The most devices that the host allows. */
  readonly mostDevices: number;
  /** By the server's clock. */
  readonly issuedAt: UnixMs;
  readonly signer: { readonly deviceId: DeviceId; readonly linkKey: LinkKey };
}

/** What makes the new device one, once it has signed its certificate and the server has committed the list. */
export interface LinkGrant {
  /** Canonical bytes; the two signatures over them are the new device's to make. */
  readonly certificate: CertificateBytes;
  readonly list: SignedDeviceList;
}

export type GrantVerdict =
  | { readonly outcome: 'signed'; readonly grant: LinkGrant }
  | {
      readonly outcome: 'refused';
      /**
       * `signerCannotLink`: the head does not name this device with this link key. `alreadyListed`: the head names the new
       * device. `tooManyDevices`: somebody has to go first. `epochFull`: lists of this epoch may only remove.
       */
      readonly reason: 'signerCannotLink' | 'alreadyListed' | 'tooManyDevices' | 'epochFull';
    };

interface MatchedFields {
  readonly code: LinkCode;
  readonly device: NewDevice;
  readonly key: LinkChannelKey;
  /** `TH4`. */
  readonly transcript: LinkTranscript;
}

const grantRefusal = (
  device: NewDevice,
  { head, mostDevices, signer }: GrantInput,
): Extract<GrantVerdict, { outcome: 'refused' }>['reason'] | undefined => {
  const linkKey = head.findDevice(signer.deviceId)?.linkKey;
  if (linkKey === undefined || !constantTimeEqual(linkKey, linkPublicKeyOf(signer.linkKey))) return 'signerCannotLink';
  if (head.findDevice(device.deviceId) !== undefined) return 'alreadyListed';
  if (head.devices.length >= Math.min(mostDevices, MOST_LISTED_DEVICES)) return 'tooManyDevices';
  return head.list.number + 1 >= FIRST_REMOVALS_ONLY ? 'epochFull' : undefined;
};

/**
 * At the authorised device, when the new one has proved its keys and the digits have been compared: all that is left is to
 * approve. Only the states before it make one.
 */
export class MatchedLink {
  readonly kind = 'matchedLink';
  readonly #fields: MatchedFields;
  readonly #use = new OneUse('approval');

  constructor(fields: MatchedFields) {
    this.#fields = fields;
  }

  /** Whom the person approves. */
  get device(): NewDevice {
    return this.#fields.device;
  }

  get sessionId(): LinkSessionId {
    return this.#fields.code.token.sessionId;
  }

  /** Does somebody who holds the code say that it was claimed by another? */
  isContest(contest: Uint8Array): boolean {
    return isContest(this.#fields.code, contest);
  }

  /** Makes the new device's certificate out of the keys that it proved, and signs the list that adds it. Gives the same each time. */
  certify(input: GrantInput): GrantVerdict {
    const { device } = this.#fields;
    const reason = grantRefusal(device, input);
    if (reason !== undefined) return { outcome: 'refused', reason };
    const { head, signer, issuedAt } = input;
    const { deviceId, signingKey, identityKey, linkKey } = device;
    const certificate = encodeCertificate({
      accountId: head.accountId,
      deviceId,
      signingKey,
      identityKey,
      linkKey,
      issuedAt,
      linkSession: this.sessionId,
    });
    const list = signDeviceList(
      {
        accountId: head.accountId,
        root: rootHash(head.root),
        epoch: head.list.epoch,
        number: head.list.number + 1,
        previousHash: head.hash,
        signer: { kind: 'linkKey', deviceId: signer.deviceId },
        entries: [...head.list.entries, { deviceId, certificateHash: certificateHash(certificate) }],
      },
      signer.linkKey,
    );
    return { outcome: 'signed', grant: { certificate, list } };
  }

  /** Seals `M4`. Once: store the state that comes of it before the message is sent. Throws for more than 12 KiB. */
  seal(payload: Plaintext): GrantedLink {
    if (payload.length > LINK_PAYLOAD_MOST_BYTES)
      throw new RangeError(`A grant of ${payload.length} bytes is too large.`);
    this.#use.take();
    const { code, device, key, transcript } = this.#fields;
    const box = sealBox(key, GRANT_COUNTER, { plaintext: payload, associatedData: transcript });
    key.purge();
    return new GrantedLink({ sessionId: code.token.sessionId, device, message: LinkMessage.of(box) });
  }

  /** For the client's encrypted database. */
  export(): LinkState {
    this.#use.check();
    const { code, device, key, transcript } = this.#fields;
    return writeState('matchedLink', (writer) =>
      writeNewDevice(writeCode(writer, code), device).fixed(key.unwrap()).fixed(transcript),
    );
  }

  static read(reader: CanonicalReader): MatchedLink {
    return new MatchedLink({
      code: readCode(reader),
      device: readNewDevice(reader),
      key: LinkChannelKey.of(reader.fixed(32)),
      transcript: readTranscript(reader),
    });
  }
}

interface GrantedFields {
  readonly sessionId: LinkSessionId;
  readonly device: NewDevice;
  readonly message: LinkMessage;
}

/** At the authorised device, when it has approved: the same message is sent until the server has it. */
export class GrantedLink {
  readonly kind = 'grantedLink';
  readonly sessionId: LinkSessionId;
  readonly device: NewDevice;
  /** `M4`. */
  readonly message: LinkMessage;

  constructor({ sessionId, device, message }: GrantedFields) {
    this.sessionId = sessionId;
    this.device = device;
    this.message = message;
  }

  /** For the client's encrypted database. */
  export(): LinkState {
    return writeState('grantedLink', (writer) =>
      writeNewDevice(writer.fixed(this.sessionId), this.device).variable(this.message),
    );
  }

  static read(reader: CanonicalReader): GrantedLink {
    return new GrantedLink({
      sessionId: LinkSessionId.of(reader.fixed(16)),
      device: readNewDevice(reader),
      message: readMessage(reader),
    });
  }
}
