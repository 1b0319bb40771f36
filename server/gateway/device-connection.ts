import { randomUUID } from 'node:crypto';
import { LIFETIMES, type AuthenticateFrame, type ClientFrameBody, type SendFrame } from '@sotto/protocol/wire';
import type { WebSocket } from 'ws';
import type { DeviceCaller } from '../domain/access-tokens.js';
import type { Callers } from '../domain/callers.js';
import type { Clock } from '../domain/clock.js';
import { refusalFor } from '../domain/fault.js';
import type { Acknowledged, Mailbox } from '../domain/mailbox/mailbox.js';
import { refuse, type Refusal } from '../domain/outcome.js';
import { limited, type RateLimiter } from '../domain/rate-limit.js';
import type { SendLimits } from '../domain/mailbox/send-limits.js';
import type { Notifier } from '../notifier/notifier.js';
import { CLOSE, type Channel } from './channel.js';
import type { DeviceSockets } from './device-sockets.js';
import { MailboxDelivery } from './mailbox-delivery.js';
import { RequestLoop, type Accepted, type Answer } from './request-loop.js';

export interface ConnectionServices {
  readonly callers: Callers;
  readonly mailbox: Mailbox;
  readonly sendLimits: SendLimits;
  readonly limiter: RateLimiter;
  /** Counts what one socket does. */
  readonly socketLimiter: RateLimiter;
  readonly notifier: Notifier;
  readonly deviceSockets: DeviceSockets;
  readonly clock: Clock;
}

/** One socket of either kind, as the gateway keeps it. */
export interface Connection {
  readonly channel: Channel;
  readonly loop: RequestLoop;
  /** The socket is gone. */
  release(): void;
}

const TOO_LATE = refuse('unauthorized', 'The first frame must be authenticate, within 10 seconds.');
const NOT_FIRST = refuse('badRequest', 'This socket is authenticated already.');
const KEY_NOT_WANTED = refuse(
  'badRequest',
  'Access keys belong on the anonymous socket: here they would tie the key to this device.',
);

/** A connection costs the server as much as so many frames. */
const CONNECT_FRAMES = 50;

/** What the frames of a device are counted under, whichever of its sockets they come by. */
const framesOf = ({ deviceId }: DeviceCaller): string => `device ${deviceId}`;

const refused = (refusal: Refusal): Accepted => ({ answer: Promise.resolve(refusal) });

/** A device's own socket: authenticates once, then receives its mail, acknowledges it, and sends in its own name. */
export class DeviceConnection implements Connection {
  readonly channel: Channel;
  readonly loop: RequestLoop;
  readonly #services: ConnectionServices;
  readonly #deadline: NodeJS.Timeout;
  #session: { readonly device: DeviceCaller; readonly delivery: MailboxDelivery } | undefined;
  #stopListening: (() => void) | undefined;
  #isReleased = false;

  constructor(socket: WebSocket, channel: Channel, services: ConnectionServices) {
    this.channel = channel;
    this.#services = services;
    this.loop = new RequestLoop({
      socket,
      channel,
      limiter: services.socketLimiter,
      socketId: randomUUID(),
      handler: { accept: (requestId, body) => this.#accept(requestId, body) },
    });
    this.#deadline = setTimeout(() => this.#end(TOO_LATE), LIFETIMES.authenticateMs);
  }

  release(): void {
    this.#isReleased = true;
    clearTimeout(this.#deadline);
    this.#stopListening?.();
    if (this.#session !== undefined) this.#services.deviceSockets.remove(this.#session.device.deviceId, this);
  }

  /** Ended because the same device has opened a newer one. */
  supersede(): void {
    this.channel.close(CLOSE.policy);
  }

  async #accept(requestId: number, body: ClientFrameBody): Promise<Accepted> {
    if (body.type === 'authenticate') {
      if (this.#session !== undefined) return refused(NOT_FIRST);
      await this.#authenticate(requestId, body);
      return {};
    }
    if (this.#session === undefined) {
      this.#end(TOO_LATE, requestId);
      return {};
    }
    const { device, delivery } = this.#session;
    return body.type === 'send'
      ? this.#send(device, body)
      : { answer: this.#acknowledge(device, delivery.acknowledged(body.envelopeIds)) };
  }

  async #authenticate(requestId: number, { accessToken }: AuthenticateFrame): Promise<void> {
    const { callers, notifier, mailbox, deviceSockets, socketLimiter, clock } = this.#services;
    const verdict = await callers.deviceOf(accessToken);
    if (verdict.type === 'refused') {
      this.#end(verdict, requestId);
      return;
    }
    const device = verdict.value;
    // Before anything is asked of the database: whoever was closed for too many frames comes back at once, and often.
    const limit = await socketLimiter.take('frames', framesOf(device), CONNECT_FRAMES);
    if (limit.type === 'limited') {
      this.#end(limited(limit.retryAfterMs), requestId);
      return;
    }
    const delivery = new MailboxDelivery({
      device,
      channel: this.channel,
      mailbox,
      onFault: (fault) => this.#fail(fault),
    });
    const stopListening = await notifier.subscribe(device.deviceId, {
      onFresh: (mail) => delivery.take(mail),
      onWaiting: (upTo) => delivery.wakeUpTo(upTo),
      onStanding: () => void this.#checkStanding(device),
      onNotice: (topic) => {
        // Before the answer to `authenticate` nothing is said: whoever connects looks anyway.
        if (this.#session !== undefined) this.channel.send(0, { type: 'notice', topic });
      },
    });
    // Asked only now that an unlink or a sign-out would be heard of: one that came before is seen here.
    const standing = await callers.standing(device).catch((fault: unknown) => {
      stopListening();
      throw fault;
    });
    if (standing.type === 'refused' || this.#isReleased) {
      stopListening();
      if (standing.type === 'refused') this.#end(standing, requestId);
      return;
    }
    clearTimeout(this.#deadline);
    this.#session = { device, delivery };
    this.loop.countUnder(framesOf(device));
    this.#stopListening = stopListening;
    deviceSockets.add(device.deviceId, this);
    this.channel.send(requestId, { type: 'authenticated', serverTime: clock() });
    delivery.start();
    callers.markSeen(device);
  }

  async #send(device: DeviceCaller, { recipient, envelopes, accessKey }: SendFrame): Promise<Accepted> {
    if (accessKey !== undefined) return refused(KEY_NOT_WANTED);
    const { sendLimits, mailbox } = this.#services;
    const limit = await sendLimits.take(`account ${device.accountId}`, envelopes);
    if (limit !== undefined) return refused(limit);
    return { answer: mailbox.send({ sender: { type: 'device', device }, recipient, envelopes }) };
  }

  async #acknowledge(device: DeviceCaller, acknowledged: Acknowledged): Promise<Answer> {
    const outcome = await this.#services.mailbox.acknowledge(device, acknowledged);
    return outcome === 'acknowledged' ? { type: 'acknowledged' } : outcome;
  }

  async #checkStanding(device: DeviceCaller): Promise<void> {
    try {
      const standing = await this.#services.callers.standing(device);
      if (standing.type === 'refused') this.#end(standing);
    } catch (fault) {
      this.#fail(fault);
    }
  }

  #fail(fault: unknown): void {
    this.channel.refuse(0, refusalFor(fault), fault);
    this.channel.close(CLOSE.internal);
  }

  #end(refusal: Refusal, requestId = 0): void {
    this.channel.refuse(requestId, refusal);
    this.channel.close(CLOSE.policy);
  }
}
