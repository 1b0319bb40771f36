import type { DeviceId } from '@sotto/protocol/ids';
import type { WaitingEnvelope } from '../storage/mailbox-repository.js';

/** Mail that this process has just committed for one device. */
export interface FreshMail {
  readonly deviceId: DeviceId;
  /** Position of the newest envelope that waited before; 0 if none did. A reader that is past it may take `envelopes` as they are. */
  readonly after: number;
  /** In order of acceptance, at least one. */
  readonly envelopes: readonly WaitingEnvelope[];
}

/** What a socket wants to hear about its device. Called synchronously; must not throw. */
export interface DeviceListener {
  /** Committed by this process just now. */
  onFresh(mail: FreshMail): void;
  /** Something may wait up to this position, committed by whatever process. */
  onWaiting(upTo: number): void;
  /** The device may have been unlinked or signed out: look. */
  onStanding(): void;
}

/**
 * Wakes whoever holds a device's socket, in whatever process. It carries no mail between processes and promises nothing about
 * delivery: mail is in the database, and a lost wake-up is made good by reading there.
 */
export interface Notifier {
  /** Resolves once wake-ups for this device arrive: what is read from then on misses nothing. Answers how to end it. */
  subscribe(deviceId: DeviceId, listener: DeviceListener): Promise<() => void>;
  arrived(mail: readonly FreshMail[]): void;
  /** The device was unlinked or signed out just now. */
  ended(deviceId: DeviceId): void;
  close(): Promise<void>;
}
