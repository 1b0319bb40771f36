import { expect, it } from '@jest/globals';
import { LIMITS } from '@sotto/protocol/wire';
import { bytes } from '../testing/records.js';
import { call, refusalOf, succeed } from '../testing/client/rest-calls.js';
import { linkDevice } from '../testing/client/link-device.js';
import { describeServer, registerPerson, signInPerson } from '../testing/client/test-servers.js';

describeServer('The storage record', (servers) => {
  it('goes from version to version, and every device of the account reads it', async () => {
    const server = await servers.start();
    const person = await registerPerson(server);
    const second = await signInPerson(server, person.account, await linkDevice(await server.storage(), person.account));
    const { address } = server;
    const stranger = await registerPerson(server);
    expect(await succeed(address, 'storageRecord', { token: person.token })).toEqual({ version: 0 });
    for (const version of [1, 2, 3]) {
      const record = bytes(1_000 * version);
      await succeed(address, 'putStorageRecord', { token: person.token, body: { version, record } });
      expect(await succeed(address, 'storageRecord', { token: second.token })).toEqual({ version, record });
    }
    expect(await succeed(address, 'storageRecord', { token: stranger.token })).toEqual({ version: 0 });
  });

  it('refuses what is not newer, or far ahead, and takes the same again as answered', async () => {
    const server = await servers.start();
    const { token } = await registerPerson(server);
    const put = (version: number, record = bytes(10)) =>
      refusalOf(server.address, 'putStorageRecord', { token, body: { version, record } });
    expect(await put(LIMITS.storageRecordVersionsAhead + 1)).toBe('storageRecordConflict');
    const record = bytes(10);
    expect(await put(1, record)).toBeUndefined();
    expect(await put(1, record)).toBeUndefined();
    expect(await put(1)).toBe('storageRecordConflict');
    expect(await succeed(server.address, 'storageRecord', { token })).toEqual({ version: 1, record });
    // As after a restore: the writer knows of versions that the server does not have any more.
    expect(await put(9, record)).toBeUndefined();
    expect(await put(8)).toBe('storageRecordConflict');
    expect(await succeed(server.address, 'storageRecord', { token })).toEqual({ version: 9, record });
  });

  it('has one winner of many that write at once on two processes', async () => {
    const server = await servers.start();
    const other = servers.databases.engine === 'embedded' ? server : await servers.start({ on: server });
    const { token } = await registerPerson(server);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        refusalOf((index % 2 === 0 ? server : other).address, 'putStorageRecord', {
          token,
          body: { version: 1, record: bytes(50) },
        }),
      ),
    );
    expect(answers.filter((code) => code === undefined)).toHaveLength(1);
    expect(answers.filter((code) => code === 'storageRecordConflict')).toHaveLength(19);
  });

  it('is as large as its limit and no larger', async () => {
    const server = await servers.start();
    const { token } = await registerPerson(server);
    const record = bytes(LIMITS.storageRecordBytes);
    await succeed(server.address, 'putStorageRecord', { token, body: { version: 1, record } });
    expect((await succeed(server.address, 'storageRecord', { token })).record).toEqual(record);
    const tooLong = JSON.stringify({
      version: 2,
      record: 'A'.repeat(Math.ceil((LIMITS.storageRecordBytes * 4) / 3) + 4),
    });
    expect(tooLong.length).toBeLessThan(LIMITS.storageRecordBodyBytes);
    const response = await fetch(`${server.address}/v1/storage-record`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: tooLong,
    });
    expect(response.status).toBe(400);
  });

  it('is for devices alone', async () => {
    const server = await servers.start();
    await registerPerson(server);
    const result = await call(server.address, 'storageRecord');
    expect(result.type === 'refused' && result.error.code).toBe('unauthorized');
  });
});
