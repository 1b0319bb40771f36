import type { AccountId, DeviceId, UnixMs } from '@sotto/protocol/ids';
import { LIMITS, type Bytes, type DeviceEnvelope } from '@sotto/protocol/wire';
import type { AccessVerifiers } from '../../storage/account-repository.js';
import { UNKNOWN_REGISTRATION_ID, type DeliveryTarget, type DeviceAddress } from '../../storage/device-repository.js';
import { ACCESS_DENIED, opens } from '../anonymous-access.js';
import { refuse, type Refusal } from '../outcome.js';

/** Who sends. Strangers say who they are, known contacts only that they hold the recipient's access key. */
export type Sender =
  | { readonly type: 'device'; readonly device: DeviceAddress }
  /** `verifier`: the hash of the access key that was presented. */
  | { readonly type: 'anonymous'; readonly verifier: Bytes };

/** One envelope for each device of one account: all are stored, or none. */
export interface Send {
  readonly sender: Sender;
  readonly recipient: AccountId;
  readonly envelopes: readonly DeviceEnvelope[];
}

export interface MismatchedDevices {
  readonly type: 'mismatchedDevices';
  readonly missing: readonly DeviceId[];
  readonly extra: readonly DeviceId[];
  readonly stale: readonly DeviceId[];
}

export type SendOutcome = { readonly type: 'accepted'; readonly serverTime: UnixMs } | MismatchedDevices | Refusal;

type Verdict = { readonly type: 'deliverable' } | Exclude<SendOutcome, { readonly type: 'accepted' }>;

const DELIVERABLE: Verdict = { type: 'deliverable' };

const UNKNOWN_RECIPIENT = refuse('unknownRecipient', 'There is no such account.');
const MAILBOX_FULL = refuse(
  'mailboxFull',
  'Too much waits for a device of the recipient already. Send again once it has been there.',
  60_000,
);

/** What the server knows at the moment of one commit. */
export interface SendContext {
  readonly targets: ReadonlyMap<AccountId, readonly DeliveryTarget[]>;
  readonly accessVerifiers: ReadonlyMap<AccountId, AccessVerifiers>;
  readonly now: UnixMs;
}

/** Whoever has a session with a device that came back with a lost list knows more of it than the server. */
const isStale = (
  { deviceId, registrationId }: DeviceEnvelope,
  registrationIds: ReadonlyMap<DeviceId, number>,
): boolean => {
  const known = registrationIds.get(deviceId) ?? UNKNOWN_REGISTRATION_ID;
  return known !== UNKNOWN_REGISTRATION_ID && known !== registrationId;
};

/**
 * The whole active device set, each with the registration id that its sessions are for: a sender that leaves one out would
 * split what the recipient's devices know. The sending device itself may be left out of what its own account gets.
 */
const compareDevices = (send: Send, targets: readonly DeliveryTarget[]): MismatchedDevices | undefined => {
  const self = send.sender.type === 'device' ? send.sender.device.deviceId : undefined;
  const registrationIds = new Map(targets.map((target) => [target.deviceId, target.registrationId]));
  const named = new Set(send.envelopes.map((envelope) => envelope.deviceId));
  const missing = targets.map((target) => target.deviceId).filter((id) => !named.has(id) && id !== self);
  const extra = [...named].filter((id) => !registrationIds.has(id));
  const stale = send.envelopes.filter((envelope) => isStale(envelope, registrationIds)).map(({ deviceId }) => deviceId);
  return missing.length + extra.length + stale.length === 0
    ? undefined
    : { type: 'mismatchedDevices', missing, extra, stale };
};

/** Judges the sends of one batch one after the other, and keeps count of what those before have put into each mailbox. */
export class SendJudge {
  readonly #context: SendContext;
  readonly #added = new Map<DeviceId, number>();

  constructor(context: SendContext) {
    this.#context = context;
  }

  judge(send: Send): Verdict {
    const { targets, accessVerifiers, now } = this.#context;
    // Before anything else: without the key nobody learns whether the account or a device exists.
    if (send.sender.type === 'anonymous' && !opens(send.sender.verifier, accessVerifiers.get(send.recipient), now)) {
      return ACCESS_DENIED;
    }
    const devices = targets.get(send.recipient);
    if (devices === undefined) return UNKNOWN_RECIPIENT;
    const mismatch = compareDevices(send, devices);
    if (mismatch !== undefined) return mismatch;
    const waiting = new Map(devices.map((device) => [device.deviceId, device.waiting]));
    const isFull = send.envelopes.some(
      ({ deviceId }) => (waiting.get(deviceId) ?? 0) + (this.#added.get(deviceId) ?? 0) >= LIMITS.mailboxEnvelopes,
    );
    if (isFull) return MAILBOX_FULL;
    for (const { deviceId } of send.envelopes) this.#added.set(deviceId, (this.#added.get(deviceId) ?? 0) + 1);
    return DELIVERABLE;
  }
}
