import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { AccountId } from '@sotto/protocol/ids';
import type { NewMessage } from '../chats/message.js';
import { ManualClock } from '../net/testing/manual-clock.js';
import { ChatRepository } from '../storage/chat-repository.js';
import { ProfileDatabase } from '../storage/database.js';
import { MessageRepository } from '../storage/message-repository.js';
import { decryptedPages } from '../storage/testing/decrypted-pages.js';
import { at, named, newAccountId, newMessageId } from '../testing/known-values.js';
import { temporaryDatabase, temporaryFolder } from '../testing/temporary-profile.js';
import { until } from '../testing/until.js';
import { MessageSearch, termsOf, type SearchQuery } from './message-search.js';
import { SearchUpkeep } from './search-upkeep.js';
import { searchable } from './searchable-text.js';

const SELF = newAccountId();
const DAY_MS = 86_400_000;
const NOW = 1_800_000_000_000;

/** The same numbers at every run. */
const seeded = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

const openWith = (database: ProfileDatabase = temporaryDatabase()) => {
  const chats = new ChatRepository(database);
  const messages = new MessageRepository(database);
  const chat = (name: string): AccountId => {
    const chatId = newAccountId();
    chats.add({ chatId, username: named(name), standing: 'accepted', createdAt: at(1) });
    return chatId;
  };
  const write = (chatId: AccountId, text: string, more: Partial<NewMessage> & { time?: number } = {}) => {
    const { time = NOW, ...changes } = more;
    const message: NewMessage = {
      chatId,
      sender: more.own === true ? SELF : chatId,
      own: false,
      body: { kind: 'text', text },
      sentAt: at(time),
      place: { orderedAt: at(time), sequence: 0, messageId: newMessageId() },
      ...changes,
    };
    const stored = database.atomically(() => messages.insert(message));
    if (stored === undefined) throw new Error('a message of the test was not stored');
    return stored;
  };
  const search = new MessageSearch(database, messages);
  const textsOf = (query: SearchQuery, limit = 50) =>
    search.find(query, limit).hits.map(({ message: { body } }) => (body.kind === 'text' ? body.text : ''));
  return { database, messages, chat, write, search, textsOf };
};

const SCRIPTS = [
  'the quick brown fox jumps over lazy dogs with 12 eggs café naïve Straße',
  'съешь же ещё этих мягких французских булок да выпей чаю ёж йод',
  '我們今天晚上在公園見面好嗎 明天 下雨 東京 北京',
  'すもももももももものうち カタカナ ひらがな テスト',
  'مرحبا كيف حالك اليوم في المدينة مُحَمَّد',
  '안녕하세요 오늘 날씨가 좋네요 한국어',
  'สวัสดี ครับ ไม่ได้ ไป',
  'C++ && a->b; {"type":"file"} 100% "quoted" (x) #tag @name / \\ . , ! ?',
  '👍🏽 👨‍👩‍👧 ✌️ 🇩🇪 ok',
].map((line) => line.split(' '));

const sentence = (random: (below: number) => number): string => {
  const words = SCRIPTS[random(SCRIPTS.length)] ?? [];
  const more = random(4) === 0 ? (SCRIPTS[random(SCRIPTS.length)] ?? []) : words;
  return Array.from({ length: 1 + random(8) }, () => (random(3) === 0 ? more : words)[random(words.length)] ?? '').join(
    ' ',
  );
};

describe('message search', () => {
  it('finds exactly what a scan of everything finds, in any script, newest first', () => {
    const random = seeded(20_261_127);
    const { chat, write, textsOf, database } = openWith();
    const [anna, boris] = [chat('anna'), chat('boris')];
    const written = database.atomically(() =>
      Array.from({ length: 1_500 }, () => {
        const chatId = random(2) === 0 ? anna : boris;
        const text = sentence(random);
        const time = NOW - random(400) * DAY_MS + random(DAY_MS);
        const own = random(3) === 0;
        write(chatId, text, { time, own });
        return { chatId, text, time, own, folded: searchable(text) };
      }),
    );
    let found = 0;
    for (let round = 0; round < 300; round += 1) {
      const { folded } = written[random(written.length)]!;
      const characters = Array.from(folded);
      const length = 2 + random(9);
      const start = random(Math.max(1, characters.length - length));
      const part = characters
        .slice(start, start + length)
        .join('')
        .replaceAll('"', ' ')
        .trim();
      const query: SearchQuery = {
        text: random(2) === 0 ? part : `"${part}"`,
        chatId: random(3) === 0 ? anna : undefined,
        author: random(4) === 0 ? 'self' : undefined,
        from: random(4) === 0 ? at(NOW - 200 * DAY_MS) : undefined,
        until: random(4) === 0 ? at(NOW - 20 * DAY_MS) : undefined,
      };
      const terms = termsOf(query.text);
      if (terms === undefined) continue;
      const expected = written
        .filter(({ chatId, time, own, folded: text }) => {
          if (query.chatId !== undefined && chatId !== query.chatId) return false;
          if (query.author === 'self' && !own) return false;
          if (query.from !== undefined && time < query.from) return false;
          if (query.until !== undefined && time >= query.until) return false;
          return terms.every((term) => text.includes(term));
        })
        .toSorted((one, other) => Math.floor(other.time / 1_000) - Math.floor(one.time / 1_000));
      const texts = textsOf(query, 10_000);
      expect([query.text, texts.toSorted()]).toEqual([query.text, expected.map(({ text }) => text).toSorted()]);
      found += texts.length;
    }
    expect(found).toBeGreaterThan(1_000);
  });

  it('gives the newest first, also where older ones come later, and goes on page by page', () => {
    const { chat, write, search } = openWith();
    const chatId = chat('anna');
    const times = [5, 3, 9, 1, 7, 2, 8, 4, 6, 0];
    for (const day of times) write(chatId, `needle ${day}`, { time: NOW + day * DAY_MS });
    const seen: string[] = [];
    for (let after: number | undefined; ;) {
      const page = search.find({ text: 'needle' }, 3, after);
      seen.push(...page.hits.map(({ message: { body } }) => (body.kind === 'text' ? body.text.slice(-1) : '')));
      if (page.next === undefined) break;
      after = page.next;
    }
    expect(seen.join('')).toBe('9876543210');
  });

  it('takes many messages of one second, and looks past what only resembles', () => {
    const { chat, write, textsOf } = openWith();
    const chatId = chat('anna');
    for (let count = 0; count < 70; count += 1) write(chatId, `number ${count} of one second`);
    expect(textsOf({ text: 'second' }, 100)).toHaveLength(70);
    // All trigrams of the term, but not the term.
    write(chatId, 'abc bcd cde abcd bcde');
    expect(textsOf({ text: 'abcde' })).toEqual([]);
  });

  it('looks for each word by itself, for a quotation as it stands, and for nothing shorter than two characters', () => {
    const { chat, write, textsOf } = openWith();
    const chatId = chat('anna');
    for (const text of ['red house', 'house of red bricks', 'a red boat']) write(chatId, text);
    expect(textsOf({ text: 'house red' }).toSorted()).toEqual(['house of red bricks', 'red house']);
    expect(textsOf({ text: '“red house”' })).toEqual(['red house']);
    expect(textsOf({ text: '«red house»' })).toEqual(['red house']);
    expect(textsOf({ text: 'red a' }).toSorted()).toEqual(['a red boat']);
    for (const text of ['a', ' ', '', 'a b', '"', '""', '*', 'ё'])
      expect([text, textsOf({ text })]).toEqual([text, []]);
  });

  it('takes the language of its index for nothing but text', () => {
    const { chat, write, textsOf } = openWith();
    const chatId = chat('anna');
    const hostile = [
      'a" OR "b',
      'NOT x AND y*',
      'NEAR(a b, 2)',
      'entry : text',
      '"* ^',
      '\uE000\uE001chat',
      'a\u0000b cd',
    ];
    for (const text of hostile) write(chatId, text);
    for (const text of hostile) {
      const found = textsOf({ text: text.replaceAll('"', '') });
      expect([text, found.length]).toEqual([text, found.length]);
    }
    expect(textsOf({ text: 'NOT' })).toEqual(['NOT x AND y*']);
    expect(textsOf({ text: 'y*' })).toEqual(['NOT x AND y*']);
    expect(textsOf({ text: '(a b,' })).toEqual(['NEAR(a b, 2)']);
    // What marks chats and ends of texts in the index is not to be had by writing it.
    expect(textsOf({ text: '\uE001chat' })).toEqual(['\uE000\uE001chat']);
    expect(textsOf({ text: 'd\uE000' })).toEqual([]);
  });

  it('keeps to a person, to links, and to whole days', () => {
    const { chat, write, textsOf } = openWith();
    const chatId = chat('anna');
    write(chatId, 'see https://example.org here', { time: NOW });
    write(chatId, 'see no link here', { time: NOW - DAY_MS });
    write(chatId, 'see mine here', { time: NOW - 2 * DAY_MS, own: true });
    expect(textsOf({ text: 'here', kind: 'link' })).toEqual(['see https://example.org here']);
    expect(textsOf({ text: 'here', author: 'self' })).toEqual(['see mine here']);
    expect(textsOf({ text: 'here', author: 'peer' })).toHaveLength(2);
    expect(textsOf({ text: 'here', from: at(NOW), until: at(NOW + 1) })).toEqual(['see https://example.org here']);
    expect(textsOf({ text: 'here', until: at(NOW - DAY_MS) })).toEqual(['see mine here']);
    expect(textsOf({ text: 'here', chatId: newAccountId() })).toEqual([]);
  });

  it('finds what a newer version has revealed, and no more what was deleted', () => {
    const { database, chat, write, messages, textsOf } = openWith();
    const chatId = chat('anna');
    const unknown = write(chatId, '', { body: { kind: 'unknown', encoded: new Uint8Array([1]) } });
    database.atomically(() => messages.reveal(unknown.row, 'revealed at last'));
    expect(textsOf({ text: 'revealed' })).toEqual(['revealed at last']);
    database.atomically(() => messages.remove(chatId, unknown.place.messageId, unknown.sender));
    expect(textsOf({ text: 'revealed' })).toEqual([]);
    expect(database.get('SELECT count(*) AS count FROM message_search WHERE message_search MATCH \'"rev"\'')).toEqual({
      count: 0,
    });
  });

  it('leaves nothing of a deleted message on the disk, not in the index either', () => {
    const path = join(temporaryFolder(), 'sotto.db');
    const key = new Uint8Array(32).fill(9);
    const { database, chat, write, messages } = openWith(ProfileDatabase.open(path, key));
    const chatId = chat('anna');
    const pages = () => {
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      return decryptedPages(path, key);
    };
    database.atomically(() => {
      for (let count = 0; count < 300; count += 1) write(chatId, `common words of message ${count}`);
    });
    // Trigrams that no other message has; in the index they stand apart, so each is looked for by itself.
    const canary = 'qxzvwjkq';
    const trigrams = Array.from({ length: canary.length - 2 }, (_, start) => canary.slice(start, start + 3));
    const doomed = write(chatId, canary);
    // Where one begins like the term before it, the index leaves the beginning out.
    const before = pages();
    const seen = trigrams.filter((trigram) => before.includes(trigram));
    expect(seen.length).toBeGreaterThan(3);
    database.atomically(() => messages.remove(chatId, doomed.place.messageId, doomed.sender));
    const after = pages();
    expect(after.includes('common words of message')).toBe(true);
    expect(seen.filter((trigram) => after.includes(trigram))).toEqual([]);
  });

  it('makes findable what was there before, and everything anew where the rules have changed', async () => {
    const { database, chat, write, messages, search, textsOf } = openWith();
    const chatId = chat('anna');
    database.atomically(() => {
      for (let count = 0; count < 250; count += 1) write(chatId, `number ${count} found`);
    });
    const upkeep = () => new SearchUpkeep({ database, messages, clock: new ManualClock(), log: () => undefined });
    upkeep().start();
    expect(textsOf({ text: 'found' }, 300)).toHaveLength(250);
    database.run("UPDATE search_rules SET name = 'older'");
    const anew = upkeep();
    anew.start();
    expect(anew.isComplete).toBe(false);
    await until(() => anew.isComplete);
    expect(search.find({ text: 'found' }, 300).hits).toHaveLength(250);
    expect(database.all("INSERT INTO message_search (message_search) VALUES ('integrity-check')")).toEqual([]);
    await anew.stop();
  });
});
