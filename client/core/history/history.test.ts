import { describe, expect, it, jest } from '@jest/globals';
import { idBytes } from '@sotto/protocol/ids';
import { aWhile } from '../net/testing/eventually.js';
import { counted } from '../testing/scale.js';
import { newAccountId } from '../testing/known-values.js';
import { ArchiveShelf } from './testing/archive-shelf.js';
import { HistorySide } from './testing/history-side.js';

/** 100,000 in full; 1,000, of several segments, at 1 %. */
const MESSAGES = counted(100_000);
const DAY_MS = 24 * 3_600_000;
const MOST_SEGMENT = 1024 * 1024;
/** Few messages are long, so that they fill several segments as well. */
const LENGTH = MESSAGES < 10_000 ? 4_000 : 400;
/** Segments from one kill to the next: ten kills in a large archive, one at each in a small one. */
const KILL_EVERY = Math.max(1, Math.round((MESSAGES * LENGTH) / MOST_SEGMENT / 10));

jest.setTimeout(120_000 * Math.max(1, MESSAGES / 5_000));

const begin = (messages = MESSAGES, length = LENGTH) => {
  const shelf = new ArchiveShelf();
  const [self, peer, other] = [newAccountId(), newAccountId(), newAccountId()];
  const old = new HistorySide(self, shelf);
  old.addChat(peer, 'bob');
  old.addChat(other, 'carol');
  old.addMessages(peer, Math.ceil(messages * 0.8), length);
  old.addMessages(other, Math.floor(messages * 0.2), length);
  for (const chatId of [peer, other])
    old.database.run(
      'UPDATE chat SET unread = (SELECT count(*) FROM message WHERE message.chat_id = chat.chat_id AND state = ?) WHERE chat_id = ?',
      ['unread', idBytes(chatId)],
    );
  const young = new HistorySide(self, shelf);
  return { shelf, self, peer, other, old, young };
};

const offer = (from: HistorySide, to: HistorySide) => {
  const given = from.database.atomically(() => from.history.exports.prepare({ hold: false }));
  to.database.atomically(() => to.offers.accept(given));
  return given;
};

const isFinished = (side: HistorySide) => side.history.view()?.state === 'finished';

describe('The history of an account', () => {
  it('P12: arrives complete and equal, newest first, and leaves neither key nor archive behind', async () => {
    const { shelf, old, young } = begin();
    const { archiveId, entries } = offer(old, young);
    expect(entries).toBe(MESSAGES + 4);
    young.history.start();
    expect(old.history.exports.progress(archiveId)).toBeUndefined();
    old.database.atomically(() => old.history.exports.begin(archiveId));
    let newestFirst: number | undefined;
    young.onEvent = () => {
      if (newestFirst !== undefined || young.messageCount === 0 || young.messageCount === MESSAGES) return;
      newestFirst = Number(young.database.get('SELECT max(ordered_at) AS newest FROM message')?.['newest']);
    };
    await young.until(() => isFinished(young));
    expect(young.digest).toBe(old.digest);
    expect(newestFirst).toBe(Number(old.database.get('SELECT max(ordered_at) AS newest FROM message')?.['newest']));
    expect(old.history.view()).toEqual({ done: MESSAGES + 4, total: MESSAGES + 4, state: 'finished' });
    expect(young.history.view()).toEqual({ done: MESSAGES + 4, total: MESSAGES + 4, state: 'finished' });
    await young.until(() => shelf.segments.size === 0);
    for (const table of ['history_export', 'history_import']) {
      const side = table === 'history_export' ? old : young;
      expect(side.database.all(`SELECT history_key FROM ${table}`)).toEqual([{ history_key: null }]);
    }
    await Promise.all([old.stop(), young.stop()]);
  });

  it('P12: is sent again by at most one segment at each kill of the sender', async () => {
    const { shelf, self, old, young } = begin();
    const { archiveId } = offer(old, young);
    old.database.atomically(() => old.history.exports.begin(archiveId));
    let side = old;
    let kills = 0;
    let archiveBytes = 0;
    let stored = 0;
    while (!isFinished(side)) {
      const present = side;
      let disk: string | undefined;
      // Killed when a new segment has arrived and nobody has noted it: the worst moment.
      shelf.onStored = (isNew, bytes) => {
        if (!isNew) return;
        archiveBytes += bytes;
        stored += 1;
        if (stored % KILL_EVERY === 0) disk = present.copyDisk();
      };
      shelf.before = () => (disk === undefined ? undefined : ({ outcome: 'away', reason: 'unreachable' } as never));
      side.history.start();
      await side.until(() => disk !== undefined || isFinished(present));
      await side.stop();
      if (disk !== undefined) kills += 1;
      side = new HistorySide(self, shelf, disk ?? present.folder);
      expect(shelf.sentBytes).toBeLessThanOrEqual(archiveBytes + kills * MOST_SEGMENT);
    }
    expect(kills).toBe(Math.floor(shelf.segments.size / KILL_EVERY));
    shelf.before = () => undefined;
    young.history.start();
    await young.until(() => isFinished(young));
    expect(young.digest).toBe(side.digest);
    await Promise.all([side.stop(), young.stop()]);
  });

  it('P12: is fetched again by at most one segment at each kill of the taker', async () => {
    const { shelf, self, old, young } = begin();
    const { archiveId } = offer(old, young);
    old.database.atomically(() => old.history.exports.begin(archiveId));
    await old.until(() => isFinished(old));
    const segments = shelf.segments.size;
    let fetched = 0;
    let lives = 0;
    let side = young;
    while (!isFinished(side)) {
      const present = side;
      let disk: string | undefined;
      let asked = 0;
      lives += 1;
      // By turns before anything of a segment is written down, and after all of it is.
      const killedAt = KILL_EVERY + (lives % 2);
      shelf.before = (what) => {
        if (what !== 'get' || disk !== undefined) return { outcome: 'away', reason: 'unreachable' } as never;
        asked += 1;
        if (asked === killedAt) disk = present.copyDisk();
        shelf.isAway = disk !== undefined;
        if (asked === KILL_EVERY + 1) return { outcome: 'away', reason: 'unreachable' } as never;
        fetched += 1;
        return undefined;
      };
      side.history.start();
      await side.until(() => disk !== undefined || isFinished(present));
      await side.stop();
      shelf.isAway = false;
      side = new HistorySide(self, shelf, disk ?? present.folder);
    }
    expect(fetched).toBeLessThanOrEqual(segments + lives);
    expect(side.digest).toBe(old.digest);
    await Promise.all([old.stop(), side.stop()]);
  });

  it('changes nothing that is newer here, brings back nothing that was deleted, and takes no message of a stranger', async () => {
    const { self, peer, old, young } = begin(6, 10);
    const rows = old.database.all('SELECT hex(message_id) AS id, own FROM message ORDER BY id');
    const [first, third] = rows.filter((row) => row['own'] === 1);
    const [second] = rows.filter((row) => row['own'] === 0);
    const blob = (row: typeof first) => new Uint8Array(Buffer.from(String(row?.['id']), 'hex'));
    old.database.run("UPDATE message SET state = 'sent' WHERE message_id = ?", [blob(first)]);
    old.database.run("UPDATE message SET state = 'waiting' WHERE message_id = ?", [blob(third)]);
    young.addChat(peer, 'bob');
    young.database.run("UPDATE chat SET draft = 'newer', contact_set_at = 9, standing = 'request'");
    young.database.run(
      `INSERT INTO message (chat_id, message_id, sender, own, text, sent_at, ordered_at, sequence, state)
       VALUES (?, ?, ?, 1, 'kept', 1, 1, 1, 'read')`,
      [idBytes(peer), blob(first), idBytes(self)],
    );
    young.database.run(
      "INSERT INTO foreseen_message (chat_id, sender, message_id, state) VALUES (?, ?, ?, 'deleted')",
      [idBytes(peer), idBytes(peer), blob(second)],
    );
    const { archiveId } = offer(old, young);
    old.database.atomically(() => old.history.exports.begin(archiveId));
    young.history.start();
    await young.until(() => isFinished(young));
    const state = (row: typeof first) =>
      young.database.get('SELECT state, text FROM message WHERE message_id = ?', [blob(row)]);
    expect(state(first)).toEqual({ state: 'read', text: 'kept' });
    expect(state(second)).toBeUndefined();
    // The other device is sending it.
    expect(state(third)).toMatchObject({ state: 'sent' });
    expect(young.database.get('SELECT draft, standing FROM chat WHERE chat_id = ?', [idBytes(peer)])).toEqual({
      draft: 'newer',
      standing: 'request',
    });
    const written = await young.history.writer.write(
      [
        {
          ...{ kind: 'message', chatId: peer, sender: newAccountId(), state: 'seen', sequence: 1 },
          ...{ messageId: newAccountId() as never, sentAt: 1 as never, orderedAt: 1 as never },
          body: { kind: 'text', text: 'not of this chat' },
        } as never,
      ],
      'link',
      { isStopped: () => false, last: () => undefined },
    );
    expect(written).toEqual({ added: 0, known: 0, chats: 0 });
    await Promise.all([old.stop(), young.stop()]);
  });

  it('waits while the server is away, fails where it has no room, and goes on when asked', async () => {
    const { shelf, old, young } = begin(20, 10);
    const { archiveId } = offer(old, young);
    shelf.isAway = true;
    young.history.start();
    old.database.atomically(() => old.history.exports.begin(archiveId));
    await old.until(() => old.history.view()?.state === 'waiting' && young.history.view()?.state === 'waiting');
    shelf.isAway = false;
    shelf.before = (what) =>
      what === 'put' ? ({ outcome: 'refused', code: 'storageFull', retryAfterMs: 0 } as never) : undefined;
    await old.until(() => old.history.view()?.state === 'failed');
    shelf.before = () => undefined;
    old.history.retry();
    await old.until(() => isFinished(old));
    await young.until(() => isFinished(young));
    expect(young.messageCount).toBe(20);
    await Promise.all([old.stop(), young.stop()]);
  });

  it('P4: is held for a day where that was asked for, also over a restart, and then goes by itself', async () => {
    const { shelf, self, old, young } = begin(20, 10);
    const given = old.database.atomically(() => old.history.exports.prepare({ hold: true }));
    young.database.atomically(() => young.offers.accept(given));
    young.history.start();
    old.database.atomically(() => old.history.exports.begin(given.archiveId));
    await old.stop();
    const again = new HistorySide(self, shelf, old.folder);
    again.history.start();
    again.clock.advance(DAY_MS - 60_000);
    await aWhile();
    expect(again.history.view()).toMatchObject({ state: 'held', done: 0 });
    again.history.retry();
    await aWhile();
    expect(shelf.segments.size).toBe(0);
    await again.until(() => isFinished(again));
    await young.until(() => isFinished(young));
    expect(young.messageCount).toBe(20);
    await Promise.all([again.stop(), young.stop()]);
  });

  it('P12: takes nothing from a segment that the server has changed', async () => {
    const { shelf, old, young } = begin(20, 10);
    const { archiveId } = offer(old, young);
    old.database.atomically(() => old.history.exports.begin(archiveId));
    await old.until(() => isFinished(old));
    for (const [name, segment] of shelf.segments) {
      const bytes = new Uint8Array(segment.bytes);
      bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 1;
      shelf.segments.set(name, { ...segment, bytes });
    }
    young.history.start();
    await young.until(() => young.history.view()?.state === 'failed');
    expect(young.messageCount).toBe(0);
    await Promise.all([old.stop(), young.stop()]);
  });
});
