import type { DeviceId, EnvelopeId, UnixMs } from '../ids.js';

/** Plain bytes as they travel; only `crypto` gives them a meaning. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** One envelope on its way into the mailbox of one device. */
export interface DeviceEnvelope {
  readonly deviceId: DeviceId;
  /** The recipient's 14-bit registration id as the sender's session knows it. */
  readonly registrationId: number;
  readonly envelopeId: EnvelopeId;
  /** As decoded, a view of the whole frame. */
  readonly ciphertext: Uint8Array;
}

/** One envelope on its way out of a mailbox. `unknown` is a kind that a newer server relays. */
export interface DeliveredEnvelope<Ciphertext extends Uint8Array = Bytes> {
  readonly envelopeId: EnvelopeId;
  readonly kind: 'sealed' | 'unknown';
  readonly ciphertext: Ciphertext;
  readonly serverTime: UnixMs;
}
