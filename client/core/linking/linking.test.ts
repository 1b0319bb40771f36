import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { until } from '../testing/until.js';
import { LinkBench } from './testing/link-bench.js';

// Each step-up stretches a password: 64 MiB and its time.
jest.setTimeout(120_000);

let running: LinkBench | undefined;
afterEach(() => running?.stop());

const begin = async (options?: Parameters<typeof LinkBench.create>[0]): Promise<LinkBench> => {
  running = await LinkBench.create(options);
  return running;
};

describe('a link', () => {
  it('by QR makes the new device one of the account, with its history on the way', async () => {
    const bench = await begin();
    await bench.show();
    await bench.scan();
    await bench.approve();
    expect(await bench.joinIs('asking')).toMatchObject({ username: 'anna', host: '127.0.0.1:1' });
    expect(bench.listed).toHaveLength(1);
    await bench.joining.confirm();
    await until(() => bench.joined);
    await bench.offerIs('linked');
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
});
