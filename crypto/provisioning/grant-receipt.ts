import type { AccountId, DeviceId } from '@sotto/protocol/ids';
import type { CanonicalReader } from '../bytes.js';
import { constantTimeEqual } from '../constant-time.js';
import {
  encodeCertificate,
  parseCertificate,
  signCertificate,
  type DeviceCertificate,
  type SignedCertificate,
} from '../identity/certificate.js';
import { MOST_LISTED_DEVICES, parseDeviceList, type DeviceList } from '../identity/device-list.js';
import { verifyNextList } from '../identity/list-rules.js';
import type { ListRefusal, UntrustedList } from '../identity/list-verdict.js';
import type { VerifiedHead } from '../identity/verified-head.js';
import {
  LinkChannelKey,
  Plaintext,
  type LinkDigits,
  type LinkHost,
  type LinkMessage,
  type LinkSessionId,
  type LinkState,
  type LinkTranscript,
} from '../keys.js';
import { refuseLink, type HandshakeRefused } from './handshake.js';
import { introductionOf, type OwnDevice } from './introduction.js';
import { openBox } from './key-schedule.js';
import { GRANT_COUNTER } from './link-grant.js';
import { isTokenSignedBy, parseLinkToken, type LinkToken } from './link-token.js';
import { OneUse } from './one-use.js';
import {
  readDigits,
  readMessage,
  readOwnDevice,
  readTranscript,
  writeDigits,
  writeOwnDevice,
  writeState,
} from './state-record.js';

const readToken = (reader: CanonicalReader): LinkToken => {
  const parse = parseLinkToken(reader.variable());
  return parse.outcome === 'parsed' ? parse.token : reader.refuse();
};

interface AwaitedFields {
  readonly token: LinkToken;
  readonly own: OwnDevice;
  readonly message: LinkMessage;
  /** To be shown. Absent where the new device displayed the code: there they were typed here. */
  readonly digits: LinkDigits | undefined;
  readonly key: LinkChannelKey;
  /** `TH4`. */
  readonly transcript: LinkTranscript;
}

export type OpenedGrant = { readonly outcome: 'opened'; readonly received: ReceivedGrant } | HandshakeRefused;

/** At the new device: it has proved its keys, and the person at the authorised device decides. */
export class AwaitedGrant {
  readonly kind = 'awaitedGrant';
  readonly #fields: AwaitedFields;
  readonly #use = new OneUse('awaited grant');

  constructor(fields: AwaitedFields) {
    this.#fields = fields;
  }

  get token(): LinkToken {
    return this.#fields.token;
  }

  /** `M3`. Made once, with random signatures: store this state before it is sent, and send it again as it is. */
  get message(): LinkMessage {
    return this.#fields.message;
  }

  /** What the new device shows; absent where its own code was scanned. */
  get digits(): LinkDigits | undefined {
    return this.#fields.digits;
  }

  /** Takes `M4`. What it says is still to be verified. */
  openGrant(message: Uint8Array): OpenedGrant {
    this.#use.take();
    const { token, own, key, transcript } = this.#fields;
    const opened = openBox(key, GRANT_COUNTER, { box: message, associatedData: transcript });
    key.purge();
    if (opened === undefined) return refuseLink('notAuthentic');
    const payload = Plaintext.parse(opened);
    if (payload === undefined) return refuseLink('malformed');
    return { outcome: 'opened', received: new ReceivedGrant({ token, own, payload }) };
  }

  /** For the client's encrypted database. */
  export(): LinkState {
    this.#use.check();
    const { token, own, message, digits, key, transcript } = this.#fields;
    return writeState('awaitedGrant', (writer) => {
      writeOwnDevice(writer.variable(token.bytes), own).variable(message).fixed(key.unwrap()).fixed(transcript);
      return digits === undefined ? writer.u8(0) : writeDigits(writer.u8(1), digits);
    });
  }

  static read(reader: CanonicalReader): AwaitedGrant {
    const fields = {
      token: readToken(reader),
      own: readOwnDevice(reader),
      message: readMessage(reader),
      key: LinkChannelKey.of(reader.fixed(32)),
      transcript: readTranscript(reader),
    };
    return new AwaitedGrant({ ...fields, digits: reader.u8() === 0 ? undefined : readDigits(reader) });
  }
}

/** What the payload of a grant says, taken out of it by whoever knows its encoding. */
export interface UntrustedGrant {
  /** The head that the next list follows, verified from the last list that AIK signed. */
  readonly head: VerifiedHead;
  readonly certificate: Uint8Array;
  readonly list: UntrustedList['list'];
}

/** What a person is asked before anything is activated: join this account on this host? */
export interface LinkJoin {
  readonly accountId: AccountId;
  readonly host: LinkHost;
  /** The device that approved. */
  readonly authorisedBy: DeviceId;
  readonly linkSession: LinkSessionId;
  /** With both signatures of this device: without them nobody can complete the link. */
  readonly certificate: SignedCertificate;
  /** The list that activation commits. */
  readonly head: VerifiedHead;
}

export type GrantRefusal =
  | 'malformed'
  /** The list is not signed with the link key of a device that the head names. */
  | 'wrongSigner'
  /** The code was not displayed by the device that signs. */
  | 'foreignToken'
  /** The certificate names other keys than this device's, another account or another link. */
  | 'foreignCertificate'
  /** The list changes more than that it adds this device. */
  | 'overreach'
  /** Why the list does not follow the head. */
  | ListRefusal;

export type JoinVerdict =
  | { readonly outcome: 'joinable'; readonly join: LinkJoin }
  | { readonly outcome: 'refused'; readonly reason: GrantRefusal };

const addsOneDevice = (before: DeviceList, after: DeviceList): boolean =>
  after.entries.length === before.entries.length + 1 &&
  before.entries.every((entry) =>
    after.entries.some(
      (kept) => kept.deviceId === entry.deviceId && constantTimeEqual(kept.certificateHash, entry.certificateHash),
    ),
  );

const refuseGrant = (reason: GrantRefusal): JoinVerdict => ({ outcome: 'refused', reason });

interface ReceivedFields {
  readonly token: LinkToken;
  readonly own: OwnDevice;
  readonly payload: Plaintext;
}

/** At the new device: the grant has been opened. Nothing in it counts before {@link verify}. */
export class ReceivedGrant {
  readonly kind = 'receivedGrant';
  readonly #fields: ReceivedFields;

  constructor(fields: ReceivedFields) {
    this.#fields = fields;
  }

  get token(): LinkToken {
    return this.#fields.token;
  }

  /** The device that is to join, its private keys inside. */
  get own(): OwnDevice {
    return this.#fields.own;
  }

  get payload(): Plaintext {
    return this.#fields.payload;
  }

  /**
   * Verifies that an active, link-capable device of the account displayed the code and signs the next list, that the list adds
   * this device and changes nothing else, and that the certificate names this device's own keys (SPEC §10.5); then signs the
   * certificate. Whether it is the right account is for the person to say.
   */
  verify({ head, certificate, list: offered }: UntrustedGrant): JoinVerdict {
    const { token, own } = this.#fields;
    const list = parseDeviceList(offered.bytes);
    const fields = parseCertificate(certificate);
    if (list === undefined || fields === undefined) return refuseGrant('malformed');
    const signer = list.signer.kind === 'linkKey' ? head.findDevice(list.signer.deviceId) : undefined;
    if (signer?.linkKey === undefined) return refuseGrant('wrongSigner');
    if (token.intent === 'authorisedDisplays' && !isTokenSignedBy(token, signer.signingKey))
      return refuseGrant('foreignToken');
    const expected = this.#expectedCertificate(head, fields);
    if (!constantTimeEqual<Uint8Array>(certificate, encodeCertificate(expected)))
      return refuseGrant('foreignCertificate');
    const { signingKey, identityKeyPair } = own.keys;
    const signed = signCertificate(expected, { signingKey, identityPrivateKey: identityKeyPair.privateKey });
    const rules = { mostDevices: MOST_LISTED_DEVICES, acceptedAt: fields.issuedAt };
    const verdict = verifyNextList(head, { list: offered, certificates: [signed] }, rules);
    if (verdict.outcome === 'refused') return refuseGrant(verdict.reason);
    if (!addsOneDevice(head.list, list)) return refuseGrant('overreach');
    const join = {
      accountId: head.accountId,
      host: token.host,
      authorisedBy: signer.deviceId,
      linkSession: token.sessionId,
      certificate: signed,
      head: verdict.head,
    };
    return { outcome: 'joinable', join };
  }

  /** For the client's encrypted database. */
  export(): LinkState {
    const { token, own, payload } = this.#fields;
    return writeState('receivedGrant', (writer) => writeOwnDevice(writer.variable(token.bytes), own).variable(payload));
  }

  static read(reader: CanonicalReader): ReceivedGrant {
    return new ReceivedGrant({
      token: readToken(reader),
      own: readOwnDevice(reader),
      payload: reader.required(Plaintext.parse(reader.variable())),
    });
  }

  #expectedCertificate(head: VerifiedHead, { issuedAt }: DeviceCertificate): DeviceCertificate {
    const { deviceId, signingKey, identityKey, linkKey } = introductionOf(this.#fields.own);
    const linkSession = this.#fields.token.sessionId;
    return { accountId: head.accountId, deviceId, signingKey, identityKey, linkKey, issuedAt, linkSession };
  }
}
