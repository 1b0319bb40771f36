import { afterEach } from '@jest/globals';
import { FakeServer } from './fake-server.js';
import { TestClient } from './test-client.js';

const running: TestClient[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((client) => client.stop()));
});

/** The client itself, which will be stopped when the test has ended. */
export const stoppedAfterwards = (client: TestClient): TestClient => {
  running.push(client);
  return client;
};

/** Clients of their own server, which stop with the test. */
export const people = async <const Names extends readonly string[]>(
  ...names: Names
): Promise<Readonly<Record<Names[number], TestClient>> & { readonly server: FakeServer }> => {
  const server = new FakeServer();
  const clients = await Promise.all(
    names.map(async (name) => {
      return [name, stoppedAfterwards(await TestClient.register(server, name))] as const;
    }),
  );
  return { ...Object.fromEntries(clients), server } as never;
};

/** Alice and Bob, who have written to each other and know each other's profile keys. */
export const acquainted = async () => {
  const { alice, bob, server } = await people('alice', 'bob');
  await alice.meet(bob);
  await alice.says(bob, 'hello');
  await bob.says(alice, 'hello yourself');
  await alice.hasState(bob, 'delivered');
  await bob.hasState(alice, 'delivered');
  return { alice, bob, server };
};
