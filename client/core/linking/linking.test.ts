import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { LinkEnd } from '@sotto/client/bridge';
import { LIFETIMES } from '@sotto/protocol/wire';
import { until } from '../testing/until.js';
import { LinkBench, PASSWORD } from './testing/link-bench.js';

// Each step-up stretches a password: 64 MiB and its time.
jest.setTimeout(300_000);

let running: LinkBench | undefined;
afterEach(() => running?.stop());

const begin = async (options?: Parameters<typeof LinkBench.create>[0]): Promise<LinkBench> => {
  running = await LinkBench.create(options);
  return running;
};

const finish = async (bench: LinkBench): Promise<void> => {
  await bench.joinIs('asking');
  await bench.joining.confirm();
  await until(() => bench.joined);
  await bench.offerIs('linked');
};

/** The link is over on both sides for these reasons, and nothing of it is left anywhere. */
const nothingIsLeft = async (bench: LinkBench, ends: { offer?: LinkEnd; join?: LinkEnd }): Promise<void> => {
  if (ends.join !== undefined) expect(await bench.joinIs('ended')).toEqual({ state: 'ended', reason: ends.join });
  if (ends.offer !== undefined) expect(await bench.offerIs('ended')).toEqual({ state: 'ended', reason: ends.offer });
  await until(() => !bench.leftAtAuthorised);
  expect(bench.leftAtNew).toEqual({});
  expect(bench.listed).toHaveLength(1);
  expect(bench.joined).toBe(false);
  expect(bench.prepared.filter((step) => step === 'prepared')).toHaveLength(
    bench.prepared.filter((step) => step === 'withdrawn').length,
  );
};

const code = (name: string) => expect.objectContaining({ failure: expect.objectContaining({ code: name }) });

const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = new Uint8Array(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};

describe('a link', () => {
  it('by QR makes the new device one of the account, with its history on the way', async () => {
    const bench = await begin();
    await bench.show();
    await bench.scan();
    await bench.approve();
    expect(await bench.joinIs('asking')).toMatchObject({ username: 'anna', host: '127.0.0.1:1' });
    expect(bench.listed).toHaveLength(1);
    await finish(bench);
    expect(bench.listed).toHaveLength(2);
    const account = bench.joinedAccount;
    expect(account).toMatchObject({ phase: 'registered', accountId: bench.record.accountId, username: 'anna' });
    expect(account?.keys.profileKey).toEqual(bench.record.keys.profileKey);
    expect(account?.keys.wrappedRecoverySeed).toBeUndefined();
    expect(bench.prepared).toEqual(['prepared', 'begun']);
    expect(bench.accepted).toHaveLength(1);
    expect(bench.leftAtNew['link_join']).toBeUndefined();
    expect(bench.leftAtAuthorised).toBe(false);
  });

  it('by text is the same code behind a flag of its own', async () => {
    const bench = await begin();
    expect(await bench.show('text')).toMatchObject({ mode: 'text' });
    await bench.scan(
      `  ${bench.code
        .toLowerCase()
        .match(/.{1,60}/g)!
        .join('\n')}\n`,
    );
    await bench.approve();
    await finish(bench);
  });

  it('by a code that is typed goes by the address that is typed with it', async () => {
    const bench = await begin();
    await bench.show('manual');
    const input = { address: '127.0.0.1:1', code: bench.code, deviceName: 'Laptop' };
    await bench.joining.byManualCode(input);
    await bench.approve();
    await finish(bench);
    await bench.joining.close();
  });

  it('in the reverse direction shows the digits at the authorised device', async () => {
    const bench = await begin();
    await bench.joining.show({ address: '127.0.0.1:1', deviceName: 'Tower' });
    const { code: shown } = await bench.joinIs('showing');
    await bench.offers.scan({ password: PASSWORD, code: shown, history: true });
    const { digits } = await bench.offerIs('confirming');
    await bench.joinIs('typing');
    if (digits.kind !== 'show') throw new Error('the wrong side types');
    await expect(bench.offers.approve(undefined)).rejects.toEqual(code('notNow'));
    await bench.joining.typeDigits(digits.value);
    await until(() => JSON.stringify(bench.offers.view()).includes('"typed":true'));
    await bench.offers.approve(undefined);
    await finish(bench);
    // P4: what a person was talked into has a day to be found out before the past is gone.
    expect(bench.holds).toEqual([true]);
  });

  it.each([3_600_000, -3_600_000])('works with clocks that are %d ms off (P2)', async (offMs) => {
    const bench = await begin({ authorisedAheadMs: offMs, newAheadMs: -offMs });
    await bench.show();
    await bench.scan();
    await bench.approve();
    await finish(bench);
  });

  it('renews its code three times, each by one session in the place of another', async () => {
    const bench = await begin();
    await bench.show();
    const codes = new Set([bench.code]);
    for (let left = 2; left >= 0; left -= 1) {
      bench.server.advance(LIFETIMES.linkRenewalMs);
      bench.clocks.authorised.advance(LIFETIMES.linkRenewalMs);
      await until(() => JSON.stringify(bench.offers.view()).includes(`"renewalsLeft":${left}`));
      codes.add(bench.code);
    }
    expect(codes.size).toBe(4);
    bench.clocks.authorised.advance(LIFETIMES.linkRenewalMs);
    await bench.scan();
    await bench.approve();
    await finish(bench);
  });
});

describe('a link that does not come about leaves nothing', () => {
  it('P4: a wrong digit ends it, with one try', async () => {
    const bench = await begin();
    await bench.show();
    await bench.scan();
    const { digits } = await bench.joinIs('digits');
    await bench.offerIs('confirming');
    const wrong = digits === '000000' ? '000001' : '000000';
    await bench.offers.approve(wrong);
    await nothingIsLeft(bench, { offer: 'digitsDiffer', join: 'digitsDiffer' });
    await expect(bench.offers.approve(digits)).rejects.toEqual(code('notNow'));
  });

  it('P4: a thief with a photograph who is first leaves the genuine device without digits, which contests', async () => {
    const bench = await begin();
    await bench.show();
    const photograph = bench.code;
    await bench.scan(photograph);
    await bench.offerIs('confirming');
    const genuine = bench.anotherNew();
    await expect(genuine.byCode({ code: photograph, deviceName: 'Genuine' })).rejects.toEqual(code('linkCodeUsed'));
    expect(genuine.view()).toEqual({ state: 'none' });
    await until(() => JSON.stringify(bench.offers.view()).includes('"contested":true'));
    await bench.offers.refuse();
    await nothingIsLeft(bench, { offer: 'refused', join: 'codeUsed' });
  });

  it('P4: a contest that the server makes up is not heard', async () => {
    const bench = await begin();
    await bench.show();
    await bench.scan();
    await bench.offerIs('confirming');
    bench.links.change(bench.links.only, { contested: new Uint8Array(32) });
    await bench.approve();
    await finish(bench);
  });

  it('P2: an expired code is refused, and both screens say so', async () => {
    const bench = await begin();
    await bench.show();
    const { code: old } = bench;
    bench.links.expireAll();
    await expect(bench.scan(old)).rejects.toEqual(code('linkCodeExpired'));
    await nothingIsLeft(bench, { offer: 'expired' });
  });

  it('P3: a code that was used links nothing more', async () => {
    const bench = await begin();
    await bench.show();
    const { code: used } = bench;
    await bench.scan();
    await bench.approve();
    await finish(bench);
    const replayer = bench.anotherNew();
    await expect(replayer.byCode({ code: used, deviceName: 'Replayer' })).rejects.toEqual(code('linkCodeUsed'));
    expect(bench.listed).toHaveLength(2);
  });

  it('P7: a code of a stranger joins only after a question that names the account, and no leaves nothing', async () => {
    const bench = await begin();
    await bench.show();
    await bench.scan();
    await bench.approve();
    expect(await bench.joinIs('asking')).toMatchObject({ username: 'anna' });
    await bench.joining.close();
    expect(bench.joining.view()).toEqual({ state: 'none' });
    await nothingIsLeft(bench, { offer: 'refused' });
  });

  it('P7: an account that has another name at its server than in the grant is not asked about', async () => {
    const bench = await begin();
    bench.server.bendLists = (page) => ({ ...page, username: 'victim' as never });
    await bench.show();
    await bench.scan();
    await bench.approve();
    await nothingIsLeft(bench, { join: 'tampered', offer: 'tampered' });
  });

  it('P8: without the password nothing begins', async () => {
    const bench = await begin();
    const heard: string[] = [];
    bench.links.fate = (route) => {
      heard.push(route);
      return 'pass';
    };
    const wrong = bench.offers.start({ password: `${PASSWORD}!`, mode: 'qr', history: false });
    await expect(wrong).rejects.toEqual(code('wrongCredentials'));
    expect(heard).toEqual(['stepUp']);
    expect(bench.leftAtAuthorised).toBe(false);
  });

  it('is refused while the recovery kit is not confirmed', async () => {
    const bench = await begin({ isConfirmed: false });
    await expect(bench.show()).rejects.toEqual(code('kitUnconfirmed'));
  });

  it('says how many devices are the most', async () => {
    const bench = await begin();
    bench.links.mostDevices = 1;
    await expect(bench.show()).rejects.toMatchObject({ failure: { code: 'tooManyDevices', params: { limit: 1 } } });
    await until(() => !bench.leftAtAuthorised);
  });

  it('P6: a list that changed before the activation fails it', async () => {
    const bench = await begin();
    await bench.show();
    await bench.scan();
    await bench.approve();
    await bench.joinIs('asking');
    bench.links.listChanged = true;
    await bench.joining.confirm();
    await nothingIsLeft(bench, { offer: 'listChanged', join: 'listChanged' });
  });

  it('where the server forbids the reverse direction', async () => {
    const bench = await begin();
    bench.links.reverse = false;
    await expect(bench.joining.show({ address: '127.0.0.1:1', deviceName: 'Tower' })).rejects.toEqual(
      code('reverseLinkingOff'),
    );
    expect(bench.leftAtNew).toEqual({});
  });

  it.each(['SLK1:0000', 'hello', '', 'https://chat.example.org'])('by %j, which is no code', async (text) => {
    const bench = await begin();
    await expect(async () => bench.scan(text)).rejects.toEqual(code('linkCodeUnreadable'));
    await expect(async () => bench.scan('SLK2:ABCD')).rejects.toEqual(code('linkCodeNewer'));
  });
});

describe('a server that changes what passes through it', () => {
  it.each([
    ['P1: the ephemeral key in M1', 1, 0, 'authorised'],
    ['P1: the box of M1', 1, 700, 'authorised'],
    ['P10: the KEM ciphertext in M2', 2, 5, 'new'],
    ['P1: the box of M2', 2, 1_100, 'new'],
    ['P5: the proof in M3', 3, 9, 'authorised'],
    ['P1: the grant in M4', 4, 30, 'new'],
  ] as const)('with %s ends the link', async (_, number, at, reader) => {
    const bench = await begin();
    bench.links.bend = (route, value, side) => {
      if (route !== 'waitLinkSession' || side !== reader) return value;
      const messages = value.messages.map((message: { number: number; body: Uint8Array }) =>
        message.number === number ? { ...message, body: flipped(message.body, at) } : message,
      );
      return { ...value, messages };
    };
    await bench.show();
    await bench.scan();
    if (number > 3) await bench.approve();
    await nothingIsLeft(bench, { offer: 'tampered', join: 'tampered' });
  });

  it('P6: with a device list whose receipt is not its own', async () => {
    const bench = await begin();
    await bench.show();
    await bench.scan();
    const { digits } = await bench.joinIs('digits');
    await bench.offerIs('confirming');
    bench.links.bend = (route, value, side) => {
      if (route !== 'deviceList' || side !== 'new') return value;
      const [entry] = value.entries;
      const receipt = { ...entry.receipt, signature: flipped(entry.receipt.signature, 0) };
      return { ...value, entries: [{ ...entry, receipt }] };
    };
    await bench.offers.approve(digits);
    await nothingIsLeft(bench, { offer: 'tampered', join: 'tampered' });
  });
});
