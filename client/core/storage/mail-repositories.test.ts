import { describe, expect, it } from '@jest/globals';
import type { AccountId } from '@sotto/protocol/ids';
import type { NewOutboxJob } from '../messaging/outbox-job.js';
import { at, named, newAccountId, newDeviceId, newEnvelopeId, newMessageId } from '../testing/known-values.js';
import { temporaryDatabase } from '../testing/temporary-profile.js';
import { ChatRepository } from './chat-repository.js';
import { InboxRepository } from './inbox-repository.js';
import { MessageRepository } from './message-repository.js';
import { OutboxRepository } from './outbox-repository.js';
import { ReceiptRepository } from './receipt-repository.js';

const self = newAccountId();

const open = () => {
  const database = temporaryDatabase();
  const chats = new ChatRepository(database);
  const messages = new MessageRepository(database);
  return {
    database,
    chats,
    messages,
    inbox: new InboxRepository(database),
    outbox: new OutboxRepository(database),
    receipts: new ReceiptRepository(database),
    chat: (standing: 'accepted' | 'request' = 'accepted') => {
      const chatId = newAccountId();
      chats.add({ chatId, username: named('someone'), standing, createdAt: at(1) });
      return chatId;
    },
    message: (chatId: AccountId, own: boolean) => {
      const stored = messages.insert({
        chatId,
        sender: own ? self : chatId,
        own,
        body: { kind: 'text', text: 'hello' },
        sentAt: at(1),
        place: { orderedAt: at(1), sequence: chats.nextSequence(chatId), messageId: newMessageId() },
      });
      if (stored === undefined) throw new Error('not written');
      return stored;
    },
  };
};

describe('chats', () => {
  it('are made once and keep their standing, draft and keys', () => {
    const { chats, chat } = open();
    const chatId = chat('request');
    chats.add({ chatId, username: named('other'), standing: 'accepted', createdAt: at(9) });
    expect(chats.find(chatId)).toMatchObject({ username: 'someone', standing: 'request', activeAt: 1, unread: 0 });
    chats.setStanding(chatId, { standing: 'accepted', blocked: true, setAt: at(5) });
    expect([chats.saveDraft(chatId, 'dear', at(6)), chats.saveDraft(chatId, 'dear', at(7))]).toEqual([true, false]);
    expect(chats.find(chatId)).toMatchObject({
      standing: 'accepted',
      blocked: true,
      contactSetAt: 5,
      draft: 'dear',
      draftSetAt: 6,
    });
    expect([chats.nextSequence(chatId), chats.nextSequence(chatId)]).toEqual([1, 2]);
  });

  it('remember for which profile key the access was refused, until its owner vouches for one', () => {
    const { chats, chat } = open();
    const chatId = chat();
    const [first, second] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    chats.saveProfileKey(chatId, first);
    chats.refuseAccess(chatId, second);
    expect(chats.find(chatId)?.accessRefused).toBe(false);
    chats.refuseAccess(chatId, first);
    expect(chats.find(chatId)).toMatchObject({ accessRefused: true, profileKey: first });
    chats.saveProfileKey(chatId, first);
    expect(chats.find(chatId)).toMatchObject({ accessRefused: false, profileKey: first });
    chats.refuseAccess(chatId, first);
    chats.saveProfileKey(chatId, second);
    expect(chats.find(chatId)).toMatchObject({ accessRefused: false, profileKey: second });
  });

  it('come in order of their latest activity', () => {
    const { chats, chat, messages } = open();
    const [a, b] = [chat(), chat()];
    for (const [chatId, orderedAt] of [
      [a, 50],
      [b, 60],
    ] as const) {
      messages.insert({
        chatId,
        sender: chatId,
        own: false,
        body: { kind: 'text', text: 'x' },
        sentAt: at(orderedAt),
        place: { orderedAt: at(orderedAt), sequence: 1, messageId: newMessageId() },
      });
      chats.summarise(chatId);
    }
    expect(chats.list().map((one) => one.chatId)).toEqual([b, a]);
  });
});

describe('the inbox', () => {
  const envelope = (envelopeId = newEnvelopeId()) => ({
    envelopeId,
    kind: 'sealed' as const,
    ciphertext: new Uint8Array([1, 2, 3]),
    serverTime: at(7),
  });

  it('keeps every envelope once, in order of arrival, until it is removed or set aside', () => {
    const { inbox } = open();
    const [first, second, third] = [envelope(), envelope(), envelope()];
    for (const one of [first, second, first, third]) inbox.add({ ...one, ciphertext: new Uint8Array([9]) });
    const entries = inbox.next(0, 10);
    expect(entries.map((entry) => entry.envelopeId)).toEqual([first, second, third].map((one) => one.envelopeId));
    expect(inbox.next(entries[0]?.id ?? 0, 1)).toEqual([entries[1]]);
    const [one, two] = entries;
    if (one === undefined || two === undefined) throw new Error('not kept');
    inbox.remove([one]);
    inbox.setAside(two, 'undecryptable', at(8));
    inbox.add(second);
    expect(inbox.next(0, 10)).toEqual([entries[2]]);
    expect(inbox.countSetAside()).toBe(1);
  });

  it('keeps the bytes of what it sets aside', () => {
    const { database, inbox } = open();
    const one = envelope();
    inbox.setAside(one, 'unknownKind', at(8));
    inbox.setAside(one, 'undecryptable', at(9));
    expect(database.all('SELECT ciphertext, reason FROM set_aside')).toEqual([
      { ciphertext: Buffer.from(one.ciphertext), reason: 'unknownKind' },
    ]);
  });
});

describe('the outbox', () => {
  it('gives the jobs of a chat in order, with their text or receipt', () => {
    const { outbox, chat, message } = open();
    const [a, b] = [chat(), chat()];
    const text = message(a, true);
    const receipt: NewOutboxJob = {
      chatId: a,
      contentId: newMessageId(),
      sequence: 2,
      madeAt: at(3),
      body: { kind: 'receipt', state: 'read', messageIds: [newMessageId(), newMessageId()] },
    };
    outbox.add({ ...receipt, chatId: b });
    outbox.add({
      chatId: a,
      contentId: text.place.messageId,
      sequence: 1,
      madeAt: at(2),
      body: { kind: 'text', messageRow: text.row },
    });
    outbox.add(receipt);
    const jobs = outbox.next(a, 0, 10);
    expect(jobs).toMatchObject([
      { chatId: a, sequence: 1, madeAt: 2, repairs: 0, body: { kind: 'text', messageRow: text.row, text: 'hello' } },
      receipt,
    ]);
    expect(outbox.waitingChats()).toEqual([b, a]);
    expect(outbox.next(a, jobs[0]?.id ?? 0, 10)).toEqual(jobs.slice(1));
    expect(outbox.countRepair(jobs[0]?.id ?? 0)).toBe(1);
    outbox.remove(jobs.slice(0, 2).map((job) => job.id));
    expect(outbox.waitingChats()).toEqual([b]);
  });

  it('keeps sealed envelopes with their job, and loses them with it', () => {
    const { database, outbox, chat, message } = open();
    const chatId = chat();
    const text = message(chatId, true);
    outbox.add({
      chatId,
      contentId: text.place.messageId,
      sequence: 1,
      madeAt: at(2),
      body: { kind: 'text', messageRow: text.row },
    });
    const [job] = outbox.next(chatId, 0, 1);
    if (job === undefined) throw new Error('not in line');
    const { id } = job;
    const sealed = () => ({
      deviceId: newDeviceId(),
      envelopeId: newEnvelopeId(),
      registrationId: 5,
      ciphertext: new Uint8Array([1, 2]),
      expiresAt: at(9),
    });
    const envelopes = [sealed(), sealed()].sort((x, y) => (x.deviceId < y.deviceId ? -1 : 1));
    for (const one of envelopes) outbox.addEnvelope(id, one);
    expect(outbox.envelopes([job])).toEqual(new Map([[id, envelopes]]));
    outbox.unseal(chatId);
    expect(outbox.envelopes([job])).toEqual(new Map());
    outbox.addEnvelope(id, sealed());
    outbox.remove([id]);
    expect(database.all('SELECT * FROM outbox_envelope')).toEqual([]);
  });
});

describe('receipts', () => {
  it('are owed once a message, read instead of delivered, to accepted people only', () => {
    const { chats, receipts, chat, message } = open();
    const [friend, stranger] = [chat(), chat('request')];
    const [one, two] = [message(friend, false), message(friend, false)];
    receipts.owe([one.row], friend, 'delivered');
    receipts.owe([two.row], friend, 'read');
    receipts.owe([two.row], friend, 'delivered');
    receipts.owe([message(stranger, false).row], stranger, 'delivered');
    expect(receipts.owedChats()).toEqual([friend]);
    expect(receipts.take(friend, 'delivered', 10)).toEqual([one.place.messageId]);
    expect(receipts.take(friend, 'read', 10)).toEqual([two.place.messageId]);
    expect(receipts.take(friend, 'read', 10)).toEqual([]);
    receipts.owe([one.row], friend, 'delivered');
    receipts.owe([one.row], friend, 'read');
    expect(receipts.take(friend, 'delivered', 10)).toEqual([]);
    expect(receipts.take(friend, 'read', 10)).toEqual([one.place.messageId]);
    chats.setStanding(stranger, { standing: 'accepted', blocked: true, setAt: at(1) });
    expect(receipts.owedChats()).toEqual([]);
    chats.setStanding(stranger, { standing: 'accepted', blocked: false, setAt: at(2) });
    expect(receipts.owedChats()).toEqual([stranger]);
  });

  it('are taken in bounded portions, the oldest first', () => {
    const { receipts, chat, message } = open();
    const friend = chat();
    const all = Array.from({ length: 5 }, () => message(friend, false));
    receipts.owe(
      all.map(({ row }) => row),
      friend,
      'delivered',
    );
    const ids = all.map((one) => one.place.messageId);
    expect(receipts.take(friend, 'delivered', 3)).toEqual(ids.slice(0, 3));
    expect(receipts.take(friend, 'delivered', 3)).toEqual(ids.slice(3));
  });
});
