import { describe, expect, it, jest } from '@jest/globals';
import { withNextCertificateKey } from '../account/testing/next-server-keys.js';
import { acquainted } from '../testing/people.js';
import { until } from '../testing/until.js';

jest.setTimeout(60_000);

/** Alice and Bob, whose host has replaced the key that vouches for senders; Alice knows, Bob was not told. */
const afterReplacement = async () => {
  const present = await acquainted();
  const { alice, server } = present;
  const known = server.ring;
  server.ring = withNextCertificateKey(known);
  const goBack = alice.crash();
  await goBack();
  const asked = (): number => server.calls.filter((route) => route === 'serverInfo').length;
  return { ...present, known, asked, before: asked() };
};

describe('a message under a server key that is not known here', () => {
  it('is opened once the server has been asked for its newest keys', async () => {
    const { alice, bob, asked, before } = await afterReplacement();
    for (const text of ['one', 'two', 'three']) await alice.says(bob, text);
    expect(bob.texts(alice, 'peer').slice(1)).toEqual(['one', 'two', 'three']);
    // Alice, for her certificate, and Bob.
    expect(asked() - before).toBe(2);
  });

  it('waits in the inbox while the server does not answer', async () => {
    const { alice, bob, server } = await afterReplacement();
    // Alice has to know first.
    let knows = false;
    server.refuseCall = (route) =>
      route === 'serverInfo' && knows ? { outcome: 'away', reason: 'unreachable' } : undefined;
    bob.connection.cut();
    const id = alice.send(bob, 'under the new key');
    await alice.hasState(bob, 'sent');
    knows = true;
    bob.connection.mend();
    await until(() => bob.log.includes('journey.6.opened'));
    expect([bob.received(alice), bob.messaging.setAside]).toEqual([1, 0]);
    knows = false;
    bob.clock.advance(10_000);
    await until(() => bob.received(alice) === 2);
    expect(bob.messages(alice).some(({ messageId }) => messageId === id)).toBe(true);
  });

  it('is set aside where the newest keys do not hold it either, and many of them are asked about once', async () => {
    const { alice, bob, server, known, asked } = await afterReplacement();
    bob.connection.cut();
    for (const text of ['one', 'two', 'three']) alice.send(bob, text);
    await until(() => alice.messages(bob).every(({ delivery }) => delivery?.state !== 'waiting'));
    // What Bob is shown is what he knows already.
    server.ring = known;
    const before = asked();
    bob.connection.mend();
    await until(() => bob.messaging.setAside === 3);
    expect(asked() - before).toBe(1);
  });
});
