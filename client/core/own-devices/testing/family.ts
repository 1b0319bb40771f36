import type { AccountKeys } from '../../account/types.js';
import { TestPerson } from '../../devices/testing/test-person.js';
import type { CallResult } from '../../net/types.js';
import { AccountRepository } from '../../storage/account-repository.js';
import { FakeServer } from '../../testing/fake-server.js';
import { underPassword } from '../../testing/password.js';
import { stoppedAfterwards } from '../../testing/people.js';
import { TestClient } from '../../testing/test-client.js';

/** Anna with two devices of which the first can unlink, and Bob, who knows her. */
export const family = async () => {
  const server = new FakeServer();
  const person = new TestPerson();
  const bob = stoppedAfterwards(await TestClient.register(server, 'bob'));
  const anna = stoppedAfterwards(await TestClient.register(server, 'anna', person.first));
  await underPassword(anna, person.first);
  const list = person.next(person.genesis, [person.first, person.second]);
  const second = stoppedAfterwards(await TestClient.link(anna, person.second, list));
  await anna.devices.refresh(anna.accountId);
  await anna.meet(bob);
  await anna.says(bob, 'hello');
  await bob.says(anna, 'hello yourself');
  return { server, person, bob, anna, second, list };
};

/** The keys of a client's account as they are now. */
export const keysOf = (client: TestClient): AccountKeys => {
  const record = new AccountRepository(client.database).find();
  if (record === undefined) throw new Error('there is no account');
  return record.keys;
};

/** Lets `happen` happen at the next call of a route, before the server acts or after; the answer is lost. */
export const breakAt = (server: FakeServer, route: string, when: 'before' | 'after', happen: () => void): void => {
  const call = server.call.bind(server);
  let isDue = true;
  const away: CallResult<never> = { outcome: 'away', reason: 'unreachable' };
  server.call = (name, input, caller) => {
    if (!isDue || name !== route) return call(name, input, caller);
    isDue = false;
    if (when === 'after') call(name, input, caller);
    happen();
    return away;
  };
};
