import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { parseAccountId } from '@sotto/protocol/ids';
import { LIFETIMES, LIMITS } from '@sotto/protocol/wire';
import { linkDevice } from '../testing/client/link-device.js';
import type { FrameClient } from '../testing/client/frame-client.js';
import {
  describeServer,
  envelopeFor,
  eventually,
  registerPerson,
  sendTo,
  signInPerson,
} from '../testing/client/test-servers.js';

const idsOf = (client: FrameClient) => client.delivered.map(({ envelopeId }) => envelopeId);

/** Ids of what a new socket of somebody is given before the mailbox is empty. */
const waitingFor = async (client: FrameClient) => {
  await client.next('mailboxEmpty');
  return idsOf(client);
};

describeServer('Mailboxes', (servers) => {
  const twoPeople = async () => {
    const server = await servers.start();
    const [anna, boris] = [await registerPerson(server), await registerPerson(server)];
    return { server, anna, boris, from: await servers.open(server, anna) };
  };

  it('hand over what was sent, byte for byte, live and by access key too', async () => {
    const { server, boris, from } = await twoPeople();
    const to = await servers.open(server, boris);
    const send = sendTo(boris.account, {
      envelopes: [
        envelopeFor(boris.account.keys.device, { ciphertext: new Uint8Array(randomBytes(LIMITS.envelopeBytes)) }),
      ],
    });
    const before = Date.now();
    const accepted = await from.request(send);
    expect(accepted).toMatchObject({ type: 'accepted' });
    const anonymous = await servers.openAnonymous(server);
    const known = sendTo(boris.account, { accessKey: boris.account.accessKey });
    expect(await anonymous.request(known)).toMatchObject({ type: 'accepted' });
    const [first, second] = await to.deliveredCount(2);
    expect(Buffer.from(first!.ciphertext)).toEqual(Buffer.from(send.envelopes[0]!.ciphertext));
    expect(first).toMatchObject({ kind: 'sealed', envelopeId: send.envelopes[0]!.envelopeId });
    expect(accepted).toMatchObject({ serverTime: first!.serverTime });
    expect(first!.serverTime).toBeGreaterThanOrEqual(before);
    expect(second!.envelopeId).toBe(known.envelopes[0]!.envelopeId);
  });

  it('keep what was not acknowledged and give it again, in order, until it is', async () => {
    const { server, boris, from } = await twoPeople();
    const sends = Array.from({ length: 5 }, () => sendTo(boris.account));
    for (const send of sends) await from.request(send);
    const ids = sends.map(({ envelopes }) => envelopes[0]!.envelopeId);
    const first = await servers.open(server, boris);
    expect(await waitingFor(first)).toEqual(ids);
    expect(await first.request({ type: 'acknowledge', envelopeIds: [ids[1]!, ids[3]!] })).toEqual({
      type: 'acknowledged',
    });
    await first.close();
    const second = await servers.open(server, boris);
    expect(await waitingFor(second)).toEqual([ids[0], ids[2], ids[4]]);
    await second.request({ type: 'acknowledge', envelopeIds: ids });
    expect(await second.request({ type: 'acknowledge', envelopeIds: ids })).toEqual({ type: 'acknowledged' });
    const third = await servers.open(server, boris);
    expect(await waitingFor(third)).toEqual([]);
  });

  it('are emptied by their own device alone', async () => {
    const { server, boris, from } = await twoPeople();
    const send = sendTo(boris.account);
    await from.request(send);
    const envelopeIds = [send.envelopes[0]!.envelopeId];
    expect(await from.request({ type: 'acknowledge', envelopeIds })).toEqual({ type: 'acknowledged' });
    expect(await waitingFor(await servers.open(server, boris))).toEqual(envelopeIds);
  });

  it('store an envelope once, however often it is sent', async () => {
    const { server, boris, from } = await twoPeople();
    const to = await servers.open(server, boris);
    await to.next('mailboxEmpty');
    const send = sendTo(boris.account);
    const answers = await Promise.all([send, send, send].map((again) => from.request(again)));
    expect(answers.map(({ type }) => type)).toEqual(['accepted', 'accepted', 'accepted']);
    expect(await from.request(send)).toMatchObject({ type: 'accepted' });
    const last = sendTo(boris.account);
    await from.request(last);
    await to.deliveredCount(2);
    expect(idsOf(to)).toEqual([send.envelopes[0]!.envelopeId, last.envelopes[0]!.envelopeId]);
  });

  it('keep the order of one sender through bursts, reconnections and backlogs', async () => {
    const { server, boris, from } = await twoPeople();
    const order: string[] = [];
    const burst = (count: number) => {
      const sends = Array.from({ length: count }, () => sendTo(boris.account));
      order.push(...sends.map(({ envelopes }) => envelopes[0]!.envelopeId));
      return Promise.all(sends.map((send) => from.request(send)));
    };
    await burst(150);
    const first = await servers.open(server, boris);
    await burst(150);
    await first.deliveredCount(300);
    expect(idsOf(first)).toEqual(order);
    first.socket.terminate();
    await first.closing();
    const pending = burst(150);
    const second = await servers.open(server, boris);
    await pending;
    await second.deliveredCount(450);
    expect(idsOf(second)).toEqual(order);
  });

  it('answer two hundred sends at once, each stored once', async () => {
    const { server, boris, from } = await twoPeople();
    const to = await servers.open(server, boris);
    const sends = Array.from({ length: 200 }, () => sendTo(boris.account));
    const answers = await Promise.all(sends.map((send) => from.request(send)));
    expect(answers.filter(({ type }) => type === 'accepted')).toHaveLength(200);
    await to.deliveredCount(200);
    expect(new Set(idsOf(to)).size).toBe(200);
  });

  describe('of several devices', () => {
    it('take a send for all of them or for none, and say what is wrong with it', async () => {
      const { server, boris, from } = await twoPeople();
      const second = await linkDevice(await server.storage(), boris.account);
      const first = boris.account.keys.device;
      const onlyFirst = sendTo(boris.account);
      expect(await from.request(onlyFirst)).toEqual({
        type: 'mismatchedDevices',
        missing: [second.deviceId],
        extra: [],
        stale: [],
      });
      const stale = envelopeFor(first, { registrationId: (first.registrationId % 0x3fff) + 1 });
      expect(await from.request(sendTo(boris.account, { envelopes: [stale, envelopeFor(second)] }))).toEqual({
        type: 'mismatchedDevices',
        missing: [],
        extra: [],
        stale: [first.deviceId],
      });
      const whole = sendTo(boris.account, { envelopes: [envelopeFor(first), envelopeFor(second)] });
      expect(await from.request(whole)).toMatchObject({ type: 'accepted' });
      expect(await waitingFor(await servers.open(server, boris))).toEqual([whole.envelopes[0]!.envelopeId]);
      const other = await signInPerson(server, boris.account, second);
      expect(await waitingFor(await servers.open(server, other))).toEqual([whole.envelopes[1]!.envelopeId]);
    });
  });

  it('of nobody take nothing', async () => {
    const { anna, from, server } = await twoPeople();
    const recipient = parseAccountId('00000000-0000-4000-8000-000000000000')!;
    expect(await from.request(sendTo(anna.account, { recipient }))).toMatchObject({
      type: 'failure',
      code: 'unknownRecipient',
    });
    const anonymous = await servers.openAnonymous(server);
    const { accessKey } = anna.account;
    expect(await anonymous.request(sendTo(anna.account, { recipient, accessKey }))).toMatchObject({
      code: 'accessDenied',
    });
  });

  it('take a thousand envelopes and then say that they are full, and take more once some were fetched', async () => {
    const { server, boris, from } = await twoPeople();
    const sends = Array.from({ length: LIMITS.mailboxEnvelopes }, () => sendTo(boris.account));
    const answers = await Promise.all(sends.map((send) => from.request(send)));
    expect(answers.filter(({ type }) => type === 'accepted')).toHaveLength(LIMITS.mailboxEnvelopes);
    expect(await from.request(sendTo(boris.account))).toMatchObject({ code: 'mailboxFull' });
    const to = await servers.open(server, boris);
    expect(await waitingFor(to)).toHaveLength(LIMITS.mailboxEnvelopes);
    await to.request({ type: 'acknowledge', envelopeIds: idsOf(to).slice(0, 1) });
    expect(await from.request(sendTo(boris.account))).toMatchObject({ type: 'accepted' });
    expect(await from.request(sendTo(boris.account))).toMatchObject({ code: 'mailboxFull' });
  });

  it('hand over a backlog of large envelopes in frames that a client takes', async () => {
    const { server, boris, from } = await twoPeople();
    const sends = Array.from({ length: 12 }, (_, index) =>
      sendTo(boris.account, {
        envelopes: [
          envelopeFor(boris.account.keys.device, {
            ciphertext: new Uint8Array(randomBytes(index % 3 === 0 ? LIMITS.envelopeBytes : 60_000)),
          }),
        ],
      }),
    );
    for (const send of sends) expect(await from.request(send)).toMatchObject({ type: 'accepted' });
    const to = await servers.open(server, boris);
    expect(await waitingFor(to)).toEqual(sends.map(({ envelopes }) => envelopes[0]!.envelopeId));
  });

  it('wait in the database, not in memory, for a reader who does not read', async () => {
    const { server, boris, from } = await twoPeople();
    const to = await servers.open(server, boris);
    await to.next('mailboxEmpty');
    to.socket.pause();
    const sends = Array.from({ length: 60 }, () =>
      sendTo(boris.account, {
        envelopes: [
          envelopeFor(boris.account.keys.device, { ciphertext: new Uint8Array(randomBytes(LIMITS.envelopeBytes)) }),
        ],
      }),
    );
    for (const send of sends) expect(await from.request(send)).toMatchObject({ type: 'accepted' });
    to.socket.resume();
    await to.deliveredCount(60);
    expect(idsOf(to)).toEqual(sends.map(({ envelopes }) => envelopes[0]!.envelopeId));
    expect(to.closed).toBeUndefined();
  });

  it('drop what nobody fetched for thirty days, and say once how much', async () => {
    const { server, boris, from } = await twoPeople();
    for (const send of [sendTo(boris.account), sendTo(boris.account)]) await from.request(send);
    const later = await servers.start({ on: server, clockOffsetMs: LIFETIMES.envelopeMs + 1_000 });
    await eventually(() => later.log.some((line) => line.includes('mailbox.expired')), 'the sweep');
    const [anna, reader] = [await registerPerson(later), await signInPerson(later, boris.account)];
    const young = sendTo(boris.account);
    await (await servers.open(later, anna)).request(young);
    const first = await servers.open(later, reader);
    expect(await first.next('mailboxEmpty')).toEqual({ type: 'mailboxEmpty', expired: 2 });
    expect(idsOf(first)).toEqual([young.envelopes[0]!.envelopeId]);
    const second = await servers.open(later, reader);
    expect(await second.next('mailboxEmpty')).toEqual({ type: 'mailboxEmpty', expired: 0 });
  });

  it('never hand over what has expired, swept or not', async () => {
    const { server, boris, from } = await twoPeople();
    await from.request(sendTo(boris.account));
    server.clock.offsetMs = LIFETIMES.envelopeMs + 1_000;
    const reader = await signInPerson(server, boris.account);
    expect(await waitingFor(await servers.open(server, reader))).toEqual([]);
  });
});
