import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { JoinView, LinkOfferView } from '@sotto/client/bridge';
import { until } from '../testing/until.js';
import type { Fate, Side } from './testing/fake-links.js';
import { LinkBench, PASSWORD } from './testing/link-bench.js';

// Each step-up stretches a password: 64 MiB and its time.
jest.setTimeout(900_000);

let running: LinkBench | undefined;
afterEach(() => running?.stop());

const OVER = new Set(['none', 'ended', 'linked']);

/** What a device that has ended was asked is never answered: nobody waits for that. */
const briefly = async (asked: Promise<unknown>): Promise<void> => {
  await Promise.race([asked.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 250))]);
};

/** The people before both screens: they type what is shown, say yes to their own account, and show a code where one is wanted. */
const act = async (bench: LinkBench): Promise<void> => {
  const [offer, join] = [bench.offers.view(), bench.joining.view()];
  if (offer.state === 'showing' && join.state === 'none' && !bench.joined) await briefly(bench.scan());
  if (offer.state === 'confirming') await actOn(bench, offer.digits, join);
  if (join.state === 'asking') await briefly(bench.joining.confirm());
};

const actOn = async (
  bench: LinkBench,
  digits: Extract<LinkOfferView, { state: 'confirming' }>['digits'],
  join: JoinView,
): Promise<void> => {
  if (digits.kind === 'type') {
    if (join.state === 'digits') await briefly(bench.offers.approve(join.digits));
  } else if (digits.typed) await briefly(bench.offers.approve(undefined));
  else if (join.state === 'typing') await briefly(bench.joining.typeDigits(digits.value));
};

/** One screen waits for another that is no longer there. */
const putAway = async ({ offers, joining }: LinkBench): Promise<void> => {
  const [offer, join] = [offers.view().state, joining.view().state];
  if (offer === 'showing' && join === 'ended') await offers.close();
  if (join === 'showing' && OVER.has(offer)) await joining.close();
};

/** Until nothing moves any more on either side. A person whose other device never began puts this one's screen away. */
const play = async (bench: LinkBench, began: { readonly isRefused: boolean }): Promise<void> => {
  const deadline = Date.now() + 30_000;
  for (;;) {
    await act(bench);
    const [offer, join] = [bench.offers.view().state, bench.joining.view().state];
    if (began.isRefused || bench.killed > 0) await putAway(bench);
    if (OVER.has(offer) && (join === 'none' || join === 'ended') && !bench.leftAtAuthorised) return;
    if (Date.now() > deadline) throw new Error(`stuck: ${offer} and ${join}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

/** Either there is a device on both sides, or there is nothing on either. */
const isWhole = (bench: LinkBench): 'linked' | 'nothing' => {
  expect(bench.leftAtAuthorised).toBe(false);
  if (bench.joinedAccount === undefined) {
    expect(bench.leftAtNew).toEqual({});
    expect(bench.listed).toHaveLength(1);
    return 'nothing';
  }
  expect(bench.leftAtNew['link_join']).toBeUndefined();
  expect(bench.listed).toContain(bench.joinedAccount.deviceId);
  expect(bench.offers.view().state).toBe('linked');
  return 'linked';
};

/** `isRefused`: the very first call found no server, which a person is told at once. */
const start = (bench: LinkBench, direction: 'forward' | 'reverse') => {
  const began = { isRefused: false };
  const refuse = () => {
    began.isRefused = true;
  };
  if (direction === 'forward') bench.show().catch(refuse);
  else {
    bench.joining
      .show({ address: '127.0.0.1:1', deviceName: 'Tower' })
      .then(async (view) => {
        if (view.state === 'showing') await bench.offers.scan({ password: PASSWORD, code: view.code, history: true });
      })
      .catch(refuse);
  }
  return began;
};

/** Meets the call of one side, counted from 1, with `fate`; gives how often that side has called. */
const meet = (bench: LinkBench, { side, at, fate }: { side: Side; at: number; fate: Fate }) => {
  let calls = 0;
  let isMet = false;
  bench.links.fate = (_, by) => {
    if (by !== side || isMet) return 'pass';
    calls += 1;
    if (calls !== at) return 'pass';
    isMet = true;
    if (fate === 'die' || fate === 'dieAfter') bench.kill(side);
    return fate;
  };
  return { isMet: () => isMet };
};

const settled = async (bench: LinkBench, direction: 'forward' | 'reverse'): Promise<void> => {
  const began = start(bench, direction);
  const moves = () => bench.offers.view().state !== 'none' || bench.joining.view().state !== 'none';
  await until(() => moves() || began.isRefused || bench.killed > 0);
  await play(bench, began);
};

const SIDES = ['authorised', 'new'] as const;

describe.each(['forward', 'reverse'] as const)('P3: a link in the %s direction', (direction) => {
  describe.each(SIDES)('whose %s side ends', (side) => {
    it.each([
      ['before', 'die'],
      ['after', 'dieAfter'],
    ] as const)('%s any of its calls has done its work: completes or leaves nothing', async (_, fate) => {
      const outcomes: string[] = [];
      for (let at = 1; ; at += 1) {
        running = await LinkBench.create();
        const death = meet(running, { side, at, fate });
        await settled(running, direction);
        outcomes.push(isWhole(running));
        await running.stop();
        if (!death.isMet()) break;
      }
      // The last run meets no death. Some of the others complete all the same.
      expect(outcomes.at(-1)).toBe('linked');
      expect(outcomes.filter((outcome) => outcome === 'linked').length).toBeGreaterThan(1);
    });
  });

  describe.each(SIDES)('with the connection of the %s side cut', (side) => {
    it.each(['drop', 'dropAnswer'] as const)('by %s at any of its calls: completes or leaves nothing', async (fate) => {
      const outcomes: string[] = [];
      for (let at = 1; ; at += 1) {
        running = await LinkBench.create();
        const cut = meet(running, { side, at, fate });
        await settled(running, direction);
        outcomes.push(isWhole(running));
        await running.stop();
        if (!cut.isMet()) break;
      }
      expect(outcomes.at(-1)).toBe('linked');
      expect(outcomes.filter((outcome) => outcome === 'linked').length).toBeGreaterThan(outcomes.length / 2);
    });
  });
});
