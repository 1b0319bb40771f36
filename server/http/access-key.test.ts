import { expect, it } from '@jest/globals';
import { AccessKey, accessKeyVerifier, systemRandom } from '@sotto/crypto/server';
import { LIFETIMES } from '@sotto/protocol/wire';
import { refusalOf, succeed } from '../testing/client/rest-calls.js';
import { describeServer, registerPerson, type TestServer } from '../testing/client/test-servers.js';
import type { TestAccount } from '../testing/client/test-account.js';

describeServer('The access key', (servers) => {
  const newKey = () => AccessKey.generate(systemRandom);
  const opens = async (server: TestServer, account: TestAccount, accessKey: AccessKey): Promise<boolean> =>
    (await refusalOf(server.address, 'claimPreKeys', {
      body: { accountId: account.accountId, deviceIds: [account.deviceId], accessKey: accessKey.unwrap() },
    })) === undefined;

  it('before an unlink opens for two more weeks, before a block not at all', async () => {
    const server = await servers.start();
    const { account, token } = await registerPerson(server);
    const replace = (key: AccessKey, grace: boolean) =>
      succeed(server.address, 'replaceAccessKey', { token, body: { verifier: accessKeyVerifier(key), grace } });
    const [first, second, third] = [AccessKey.of(account.accessKey), newKey(), newKey()];
    expect(await opens(server, account, first)).toBe(true);
    await replace(second, true);
    // Its answer may have been lost: the same again takes nothing from the key before.
    await replace(second, true);
    expect([await opens(server, account, first), await opens(server, account, second)]).toEqual([true, true]);
    server.clock.offsetMs = LIFETIMES.previousAccessKeyMs + 60_000;
    expect([await opens(server, account, first), await opens(server, account, second)]).toEqual([false, true]);
    server.clock.offsetMs = 0;
    await replace(third, false);
    expect([await opens(server, account, second), await opens(server, account, third)]).toEqual([false, true]);
  });
});
