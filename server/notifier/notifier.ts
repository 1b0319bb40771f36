import type { DeviceId } from '@sotto/protocol/ids';
import type { NoticeTopic } from '@sotto/protocol/wire';
import type { WaitingEnvelope } from '../storage/mailbox-repository.js';

/** Mail that this process has just committed for one device. */
export interface FreshMail {
  readonly deviceId: DeviceId;
  /** Position of the newest envelope that waited before; 0 if none did. A reader that is past it may take `envelopes` as they are. */
  readonly after: number;
  /** In order of acceptance, at least one. */
  readonly envelopes: readonly WaitingEnvelope[];
}

/** A link session by the hexadecimal form of its id. */
export type LinkName = string;

/** What a socket wants to hear about its device. Called synchronously; must not throw. */
export interface DeviceListener {
  /** Committed by this process just now. */
  onFresh(mail: FreshMail): void;
  /** Something may wait up to this position, committed by whatever process. */
  onWaiting(upTo: number): void;
  /** The device may have been unlinked or signed out: look. */
  onStanding(): void;
  /** Something of the account may have changed. */
  onNotice(topic: NoticeTopic): void;
}

/**
 * Wakes whoever holds a device's socket or waits for a link session, in whatever process. It carries no mail between processes and promises nothing about
 * delivery: mail is in the database, and a lost wake-up is made good by reading there.
 */
export interface Notifier {
  /** Resolves once wake-ups for this device arrive: what is read from then on misses nothing. Answers how to end it. */
  subscribe(deviceId: DeviceId, listener: DeviceListener): Promise<() => void>;
  arrived(mail: readonly FreshMail[]): void;
  /** The device was unlinked or signed out just now. */
  ended(deviceId: DeviceId): void;
  /** The account of these devices has changed: other devices of its are to look. */
  noticed(deviceIds: readonly DeviceId[], topic: NoticeTopic): void;
  /** As {@link subscribe}, for whoever waits for the other side of a link session. */
  subscribeLink(link: LinkName, onChange: () => void): Promise<() => void>;
  /** A link session was changed just now. */
  linkChanged(link: LinkName): void;
  close(): Promise<void>;
}
