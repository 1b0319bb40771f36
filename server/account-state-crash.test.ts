import { mkdtempSync, rmSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { openStorage } from './storage/open-storage.js';
import { presentList } from './testing/client/link-device.js';
import { comebackOf, fetchRequestOf, uploadBlob } from './testing/client/recover-account.js';
import { call, refusalOf, succeed } from './testing/client/rest-calls.js';
import { startServerProcess, type ServerProcess } from './testing/client/server-process.js';
import { registerPerson, signInPerson } from './testing/client/test-servers.js';
import { describeOnEveryDatabase } from './testing/describe-on-every-database.js';
import { bytes } from './testing/records.js';

const TIMEOUT_MS = 240_000;

describeOnEveryDatabase('A server that is killed while the state of an account changes', (databases) => {
  /** Runs `life` on a server that dies at `point`, then `afterwards` on the next one. */
  const dying = async (
    point: string,
    life: (address: string) => Promise<void>,
    afterwards: (address: string, url: string) => Promise<void>,
  ): Promise<void> => {
    const { url } = await databases.empty();
    const folder = mkdtempSync(join(tmpdir(), 'sotto-crash-'));
    const settings = {
      SOTTO_DATA: folder,
      DATABASE_URL: url,
      SOTTO_LOG_LEVEL: 'debug',
      SOTTO_LIMIT_FACTOR: '1000',
    };
    const first: ServerProcess = startServerProcess(settings);
    const address = await first.listening();
    first.killAt(point, 1);
    await life(address);
    expect(await first.ended).toBeUndefined();
    const second = startServerProcess(settings);
    await afterwards(await second.listening(), url);
    second.signal('SIGTERM');
    expect(await second.ended).toBe(0);
    rmSync(folder, { recursive: true, force: true });
  };

  it.each(['recovery.beforeCommit', 'recovery.afterCommit'])(
    'at %s has recovered it wholly or not at all, and the same request again finishes it',
    async (point) => {
      let made: ReturnType<typeof comebackOf> | undefined;
      let person: Awaited<ReturnType<typeof registerPerson>> | undefined;
      await dying(
        point,
        async (address) => {
          person = await registerPerson({ address });
          const { account, token } = person;
          await uploadBlob({ address }, account, token);
          const body = fetchRequestOf(account.keys.recoverySeed);
          const fetched = await succeed(address, 'fetchRecovery', { body });
          // The only device in use acts itself, so nothing holds.
          made = comebackOf(account, fetched, { device: account.keys.device });
          await call(address, 'requestRecovery', { body: made.request }).catch(() => undefined);
        },
        async (address, url) => {
          const { account } = person!;
          const { request, secret } = made!;
          const signIn = async (password: Uint8Array<ArrayBuffer>) =>
            (await refusalOf(address, 'signIn', { body: { identifier: account.username, secret: password } })) ===
            undefined;
          const body = fetchRequestOf(account.keys.recoverySeed);
          const state = async () => ({
            epochs: (await succeed(address, 'fetchRecovery', { body })).head.epoch > 0,
            password: await signIn(secret),
            blob: Buffer.from((await succeed(address, 'fetchRecovery', { body })).blob.bytes).equals(
              request.blob.bytes,
            ),
          });
          const found = await state();
          expect([
            { epochs: false, password: false, blob: false },
            { epochs: true, password: true, blob: true },
          ]).toContainEqual(found);
          expect(await signIn(account.secret)).toBe(!found.epochs);
          const again = await call(address, 'requestRecovery', { body: request });
          expect(again).toMatchObject({ value: { type: 'done' } });
          expect(await state()).toEqual({ epochs: true, password: true, blob: true });
          const storage = await openStorage(url);
          expect((await presentList(storage, account)).list.entries).toHaveLength(1);
          await storage.close();
        },
      );
    },
    TIMEOUT_MS,
  );

  it.each(['archives.beforeBlob', 'archives.afterBlob', 'archives.afterNote'])(
    'at %s has a segment whole or not at all, and takes it again',
    async (point) => {
      const params = { archiveId: randomUUID(), number: '0' };
      const segment = bytes(800_000);
      let person: Awaited<ReturnType<typeof registerPerson>> | undefined;
      await dying(
        point,
        async (address) => {
          person = await registerPerson({ address });
          const { token } = person;
          await call(address, 'putArchiveSegment', { token, params, body: segment }).catch(() => undefined);
        },
        async (address) => {
          const { token } = await signInPerson({ address }, person!.account);
          const fetched = async () => {
            const result = await call(address, 'archiveSegment', { token, params });
            return result.type === 'ok' ? Buffer.from(result.value).equals(segment) : result.error.code;
          };
          expect([true, 'notFound']).toContain(await fetched());
          await succeed(address, 'putArchiveSegment', { token, params, body: segment });
          expect(await fetched()).toBe(true);
        },
      );
    },
    TIMEOUT_MS,
  );
});
