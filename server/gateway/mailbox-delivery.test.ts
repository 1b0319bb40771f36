import { describe, expect, it } from '@jest/globals';
import { parseAccountId, parseDeviceId, parseEnvelopeId, parseUnixMs } from '@sotto/protocol/ids';
import type { ServerFrameBody } from '@sotto/protocol/wire';
import type { Mailbox } from '../domain/mailbox/mailbox.js';
import type { MailboxPage, WaitingEnvelope } from '../storage/mailbox-repository.js';
import type { Channel } from './channel.js';
import { MailboxDelivery } from './mailbox-delivery.js';

const device = {
  accountId: parseAccountId('11111111-2222-4333-8444-555555555555')!,
  deviceId: parseDeviceId('11111111-2222-8333-8444-555555555555')!,
};

const envelope = (position: number): WaitingEnvelope => ({
  position,
  envelopeId: parseEnvelopeId(`00000000-0000-4000-8000-${String(position).padStart(12, '0')}`)!,
  kind: 1,
  ciphertext: new Uint8Array(1),
  acceptedAt: parseUnixMs(1)!,
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A delivery over a database whose reads end when the test says so. */
const delivery = () => {
  const stored: WaitingEnvelope[] = [];
  const sent: string[] = [];
  const reads: (() => void)[] = [];
  const faults: unknown[] = [];
  const state = { isOpen: true, isCongested: false };
  const channel = {
    get isOpen() {
      return state.isOpen;
    },
    get isCongested() {
      return state.isCongested;
    },
    uncongested: async () => undefined,
    send: (_requestId: number, body: ServerFrameBody) => {
      if (body.type === 'deliver')
        for (const { envelopeId } of body.envelopes) sent.push(String(Number(envelopeId.slice(-12))));
      else sent.push(body.type);
    },
  };
  /** How many envelopes the first look shows. */
  const glanceMost = { value: Infinity };
  const look = (after: number, most: number) => {
    // What a query sees is fixed when it starts; its answer comes later.
    const seen = stored.filter(({ position }) => position > after);
    const page = { envelopes: seen.slice(0, most), more: seen.length > most };
    return new Promise<MailboxPage>((resolve) => reads.push(() => resolve(page)));
  };
  const mailbox = {
    glance: (_device: unknown, after: number) => look(after, glanceMost.value),
    read: (_device: unknown, after: number) => look(after, Infinity),
    takeExpiredCount: async () => 0,
  };
  const made = new MailboxDelivery({
    device,
    channel: channel as unknown as Channel,
    mailbox: mailbox as unknown as Mailbox,
    onFault: (fault) => faults.push(fault),
  });
  const endRead = async () => {
    while (reads.length === 0) await turn();
    reads.shift()!();
    await turn();
  };
  /** Committed by this process: in the database, and told. */
  const commit = (...positions: number[]) => {
    const after = stored.at(-1)?.position ?? 0;
    const envelopes = positions.map(envelope);
    stored.push(...envelopes);
    return () => made.take({ deviceId: device.deviceId, after, envelopes });
  };
  return { made, sent, reads, state, faults, endRead, commit, glanceMost };
};

describe('MailboxDelivery', () => {
  it('reads what waits, says when that was all, then takes what comes without reading', async () => {
    const { made, sent, reads, endRead, commit } = delivery();
    commit(1, 2);
    made.start();
    await endRead();
    expect(sent).toEqual(['1', '2', 'mailboxEmpty']);
    commit(3)();
    commit(4, 5)();
    expect(sent).toEqual(['1', '2', 'mailboxEmpty', '3', '4', '5']);
    expect(reads).toHaveLength(0);
  });

  it('reads on where the first look does not show all', async () => {
    const { made, sent, endRead, commit, glanceMost } = delivery();
    glanceMost.value = 2;
    commit(1, 2, 3, 4, 5);
    made.start();
    await endRead();
    expect(sent).toEqual(['1', '2']);
    await endRead();
    expect(sent).toEqual(['1', '2', '3', '4', '5', 'mailboxEmpty']);
  });

  it('reads again for what was committed while it read, and sends nothing twice', async () => {
    const { made, sent, endRead, commit } = delivery();
    made.start();
    await turn();
    commit(1)();
    await endRead();
    await endRead();
    expect(sent).toEqual(['1', 'mailboxEmpty']);
  });

  it('sends once what a read has seen before its own process told of it', async () => {
    const { made, sent, endRead, commit } = delivery();
    made.start();
    await endRead();
    const tell = commit(1, 2);
    made.wakeUpTo(1);
    await endRead();
    tell();
    expect(sent).toEqual(['mailboxEmpty', '1', '2']);
  });

  it('reads where another process stored something before', async () => {
    const { made, sent, endRead, commit } = delivery();
    made.start();
    await endRead();
    commit(1);
    commit(2)();
    expect(sent).toEqual(['mailboxEmpty']);
    await endRead();
    expect(sent).toEqual(['mailboxEmpty', '1', '2']);
  });

  it('does not look for what it has', async () => {
    const { made, reads, endRead, commit } = delivery();
    commit(1);
    made.start();
    await endRead();
    made.wakeUpTo(1);
    await turn();
    expect(reads).toHaveLength(0);
  });

  it('leaves mail in the database while the socket is congested', async () => {
    const { made, sent, state, endRead, commit } = delivery();
    made.start();
    await endRead();
    state.isCongested = true;
    commit(1)();
    commit(2)();
    expect(sent).toEqual(['mailboxEmpty']);
    await endRead();
    await endRead();
    expect(sent).toEqual(['mailboxEmpty', '1', '2']);
  });

  it('knows by its place what it has given, once, and nothing else', async () => {
    const { made, endRead, commit } = delivery();
    commit(1, 2);
    made.start();
    await endRead();
    commit(3)();
    const [one, three, stranger] = [envelope(1), envelope(3), envelope(9)].map(({ envelopeId }) => envelopeId);
    const ids = [one!, three!, stranger!];
    expect(made.acknowledged(ids)).toEqual({ positions: [1, 3], envelopeIds: [stranger] });
    expect(made.acknowledged(ids)).toEqual({ positions: [], envelopeIds: ids });
  });

  it('ends with its socket', async () => {
    const { made, sent, reads, state, endRead, commit } = delivery();
    made.start();
    await turn();
    state.isOpen = false;
    commit(1)();
    await endRead();
    expect(sent).not.toContain('mailboxEmpty');
    expect(reads).toHaveLength(0);
  });
});
