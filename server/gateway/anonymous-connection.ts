import { randomUUID } from 'node:crypto';
import type { ClientFrameBody, SendFrame } from '@sotto/protocol/wire';
import type { WebSocket } from 'ws';
import { presentedVerifier } from '../domain/anonymous-access.js';
import { refuse, type Refusal } from '../domain/outcome.js';
import type { Channel } from './channel.js';
import type { Connection, ConnectionServices } from './device-connection.js';
import { RequestLoop, type Accepted } from './request-loop.js';

type AnonymousServices = Pick<ConnectionServices, 'mailbox' | 'sendLimits' | 'socketLimiter'>;

const SENDS_ONLY = refuse('badRequest', 'The anonymous socket takes sends only, and never a token.');
const KEY_WANTED = refuse('accessDenied', 'On the anonymous socket every send needs the access key of its recipient.');

const refused = (refusal: Refusal): Accepted => ({ answer: Promise.resolve(refusal) });

/** A socket on which known contacts send without saying who they are: nothing about the caller is asked or kept. */
export class AnonymousConnection implements Connection {
  readonly channel: Channel;
  readonly loop: RequestLoop;
  readonly #services: AnonymousServices;

  constructor(socket: WebSocket, channel: Channel, services: AnonymousServices) {
    this.channel = channel;
    this.#services = services;
    this.loop = new RequestLoop({
      socket,
      channel,
      limiter: services.socketLimiter,
      socketId: randomUUID(),
      handler: { accept: (_requestId, body) => this.#accept(body) },
    });
  }

  release(): void {
    // Nothing is held for a socket that nobody is known by.
  }

  async #accept(body: ClientFrameBody): Promise<Accepted> {
    if (body.type !== 'send') return refused(SENDS_ONLY);
    return this.#send(body);
  }

  async #send({ recipient, envelopes, accessKey }: SendFrame): Promise<Accepted> {
    if (accessKey === undefined) return refused(KEY_WANTED);
    const { sendLimits, mailbox } = this.#services;
    const verifier = presentedVerifier(accessKey);
    // By the key, not by the recipient: a stranger without it must not use up what the recipient's contacts may send.
    const limit = await sendLimits.take(`access key ${Buffer.from(verifier).toString('base64url')}`, envelopes);
    if (limit !== undefined) return refused(limit);
    return { answer: mailbox.send({ sender: { type: 'anonymous', verifier }, recipient, envelopes }) };
  }
}
