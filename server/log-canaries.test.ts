import { expect, it } from '@jest/globals';
import { systemRandom } from '@sotto/crypto';
import { parseUsername } from '@sotto/protocol/ids';
import { newLink, stepUp } from './testing/client/link-flow.js';
import { call, exchange } from './testing/client/rest-calls.js';
import { newRefreshToken, preKeysOf, TestAccount } from './testing/client/test-account.js';
import { describeServer, envelopeFor, sendTo } from './testing/client/test-servers.js';

/** Every way in which bytes get into a text. */
const spellings = (bytes: Uint8Array): string[] => {
  const buffer = Buffer.from(bytes);
  return [buffer.toString('base64url'), buffer.toString('base64'), buffer.toString('hex'), [...bytes].join(',')];
};

describeServer('The log', (servers) => {
  it('P1: holds no name, address, id, token, secret or content of anybody, at its most talkative', async () => {
    const server = await servers.start();
    const account = new TestAccount('Canary_Name');
    const email = 'canary@example.org';
    const ciphertext = systemRandom.bytes(64);
    const next = newRefreshToken();
    const registered = await call(server.address, 'register', { body: account.registerRequest({ email }) });
    if (registered.type !== 'ok') throw new Error('not registered');
    const token = registered.value.grant.accessToken;
    // Paths that succeed, that are refused, and that are nonsense: each might log what it was given.
    await call(server.address, 'register', { body: account.registerRequest({ email }) });
    await call(server.address, 'register', { body: new TestAccount('Canary_Name').registerRequest() });
    for (const identifier of ['Canary_Name', email, 'Canary_Nobody']) {
      await call(server.address, 'authParameters', { body: { identifier } });
      await call(server.address, 'signIn', { body: { identifier, secret: account.secret } });
      await call(server.address, 'signIn', { body: { identifier, secret: systemRandom.bytes(32) } });
    }
    await call(server.address, 'findAccount', { token, body: { username: parseUsername('Canary_Name')! } });
    await call(server.address, 'deviceList', { params: { accountId: account.accountId } });
    await call(server.address, 'preKeyCounts', { token: `${token}x` });
    const socket = await servers.open(server, { account, grant: registered.value.grant, token });
    const envelopes = [envelopeFor(account.keys.device, { ciphertext })];
    await socket.request(sendTo(account, { envelopes }));
    await socket.request(sendTo(account, { envelopes: [envelopeFor(account.keys.device, { registrationId: 1 })] }));
    await socket.deliveredCount(1);
    const anonymous = await servers.openAnonymous(server);
    await anonymous.request(sendTo(account, { accessKey: account.accessKey }));
    const storage = await server.storage();
    const person = { account, grant: registered.value.grant, token };
    const link = await newLink(server, person, { storage });
    const lookupId = systemRandom.bytes(16);
    const mac = systemRandom.bytes(32);
    await link.create({ lookupId });
    await call(server.address, 'lookUpLinkToken', { body: { lookupId } });
    await link.claim();
    await link.claim(systemRandom.bytes(32));
    await link.contest(mac);
    await link.put(2, 'authorised');
    await link.put(3, 'new', ciphertext);
    await link.put(3, 'new');
    await link.wait('new');
    await link.approve({ certificate: ciphertext });
    await link.approve();
    await link.activate({ preKeys: preKeysOf(account.keys.device, 1) });
    await link.activate();
    await link.cancel('authorised');
    const stepUpToken = await stepUp(server, person);
    await call(server.address, 'signOutOthers', { token, body: { stepUpToken } });
    await exchange(server.address, {
      method: 'POST',
      path: '/v1/auth/sign-in?Canary_Query=1',
      headers: { 'content-type': 'application/json', 'x-request-id': 'Canary_Header' },
      body: '{"identifier":"Canary_Broken',
    });
    const { refreshToken } = account;
    await call(server.address, 'refresh', { body: account.refreshRequest(refreshToken, next) });
    await call(server.address, 'refresh', { body: account.refreshRequest(refreshToken, newRefreshToken()) });
    await server.running.stop();

    const log = server.log.join('');
    expect(server.log.length).toBeGreaterThan(30);
    const canaries = [
      'canary',
      email,
      account.accountId,
      account.deviceId,
      envelopes[0]!.envelopeId,
      token,
      token.split('.')[1]!,
      stepUpToken,
      link.material.linkSessionId,
      link.material.device.deviceId,
      ...[lookupId, mac, link.material.token, link.material.claimant, link.material.claimantHash].flatMap(spellings),
      ...link.material.messages.flatMap(spellings),
      ...[account.secret, account.salt, ciphertext, account.accessKey, refreshToken.unwrap(), next.unwrap()].flatMap(
        spellings,
      ),
    ];
    expect(canaries.filter((canary) => log.toLowerCase().includes(canary.toLowerCase()))).toEqual([]);
    // And the search does find what is there.
    expect(log).toContain('mailbox.afterCommit');
  });
});
