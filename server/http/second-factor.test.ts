import { expect, it } from '@jest/globals';
import { Secret, TOTP } from 'otpauth';
import { call, succeed } from '../testing/client/rest-calls.js';
import { describeServer, registerPerson, type TestPerson, type TestServer } from '../testing/client/test-servers.js';

const STEP_MS = 30_000;

describeServer('A second factor', (servers) => {
  const stepUp = (server: TestServer, { account, token }: TestPerson, secondFactor?: string) =>
    call(server.address, 'stepUp', {
      token,
      body: { secret: account.secret, ...(secondFactor === undefined ? {} : { secondFactor }) },
    });

  const tokenOf = async (server: TestServer, person: TestPerson, secondFactor?: string): Promise<string> => {
    const answer = await stepUp(server, person, secondFactor);
    if (answer.type === 'refused') throw new Error(answer.error.code);
    return answer.value.stepUpToken;
  };

  const signIn = async (server: TestServer, { account }: TestPerson, secondFactor?: string) => {
    const answer = await call(server.address, 'signIn', {
      body: {
        identifier: account.username,
        secret: account.secret,
        ...(secondFactor === undefined ? {} : { secondFactor }),
      },
    });
    return answer.type === 'ok' ? answer.value.scope : answer.error.code;
  };

  /** Somebody with a second factor, and an authenticator that follows the clock of the server. */
  const enrolled = async (server: TestServer) => {
    const anna = await registerPerson(server);
    const stepUpToken = await tokenOf(server, anna);
    const { secret, uri } = await succeed(server.address, 'proposeSecondFactor', {
      token: anna.token,
      body: { stepUpToken },
    });
    expect(uri).toContain(`secret=${secret}`);
    const totp = new TOTP({ secret: Secret.fromBase32(secret) });
    const code = (offsetMs = 0) => totp.generate({ timestamp: server.clock.now() + offsetMs });
    expect(await signIn(server, anna)).toBe('account');
    const { backupCodes } = await succeed(server.address, 'confirmSecondFactor', {
      token: anna.token,
      body: { code: code() },
    });
    return { anna, code, backupCodes };
  };

  it('is asked for once it was confirmed: at sign-in, and when the password is shown anew', async () => {
    const server = await servers.start();
    const { anna, code, backupCodes } = await enrolled(server);
    expect(new Set(backupCodes).size).toBe(10);
    expect(await signIn(server, anna)).toBe('secondFactorRequired');
    expect(await signIn(server, anna, '000 000')).toBe('wrongSecondFactor');
    // The code that confirmed it is used up; the next one is good, once.
    expect(await signIn(server, anna, code())).toBe('wrongSecondFactor');
    server.clock.offsetMs += STEP_MS;
    expect(await signIn(server, anna, code())).toBe('account');
    expect(await signIn(server, anna, code())).toBe('wrongSecondFactor');
    expect(await stepUp(server, anna)).toMatchObject({ error: { code: 'secondFactorRequired' } });
    server.clock.offsetMs += STEP_MS;
    expect(await stepUp(server, anna, code())).toMatchObject({ type: 'ok' });
    expect(await succeed(server.address, 'ownAccount', { token: anna.token })).toMatchObject({
      secondFactor: true,
      backupCodes: 10,
    });
  });

  it('says nothing before the password is right', async () => {
    const server = await servers.start();
    const { anna } = await enrolled(server);
    const wrong = await call(server.address, 'signIn', {
      body: {
        identifier: anna.account.username,
        secret: anna.account.salt.length === 16 ? new Uint8Array(32) : anna.account.secret,
      },
    });
    expect(wrong).toMatchObject({ error: { code: 'wrongCredentials' } });
  });

  it('has backup codes, each good once however it is written, and new ones end the old', async () => {
    const server = await servers.start();
    const { anna, backupCodes } = await enrolled(server);
    const [first = '', second = '', third = ''] = backupCodes;
    expect(await signIn(server, anna, first.toLowerCase().replaceAll('-', ' '))).toBe('account');
    expect(await signIn(server, anna, first)).toBe('wrongSecondFactor');
    const many = await Promise.all(Array.from({ length: 5 }, () => signIn(server, anna, second)));
    expect(many.filter((outcome) => outcome === 'account')).toHaveLength(1);
    const stepUpToken = await tokenOf(server, anna, third);
    const renewed = await succeed(server.address, 'renewBackupCodes', { token: anna.token, body: { stepUpToken } });
    expect(await signIn(server, anna, backupCodes[4])).toBe('wrongSecondFactor');
    expect(await signIn(server, anna, renewed.backupCodes[0])).toBe('account');
  });

  it('is set up, and switched off, by whoever has shown the password, and it', async () => {
    const server = await servers.start();
    const { anna, backupCodes } = await enrolled(server);
    const propose = (stepUpToken: string) =>
      call(server.address, 'proposeSecondFactor', { token: anna.token, body: { stepUpToken } });
    expect(await propose('none')).toMatchObject({ error: { code: 'stepUpRequired' } });
    const stepUpToken = await tokenOf(server, anna, backupCodes[0]);
    expect(await propose(stepUpToken)).toMatchObject({ error: { code: 'secondFactorOn' } });
    const remove = () => call(server.address, 'removeSecondFactor', { token: anna.token, body: { stepUpToken } });
    expect(await remove()).toMatchObject({ type: 'ok' });
    expect(await remove()).toMatchObject({ error: { code: 'secondFactorOff' } });
    expect(await signIn(server, anna)).toBe('account');
    expect(await signIn(server, anna, backupCodes[1])).toBe('account');
  });

  it('lets nobody guess through the million codes', async () => {
    const server = await servers.start({ settings: { SOTTO_LIMIT_FACTOR: '1' } });
    const { anna, code } = await enrolled(server);
    const outcomes: string[] = [];
    for (let guess = 0; guess < 12; guess += 1) outcomes.push(await signIn(server, anna, `00000${guess % 10}`));
    expect(outcomes.filter((outcome) => outcome === 'wrongSecondFactor').length).toBeLessThanOrEqual(10);
    expect(outcomes.at(-1)).toBe('rateLimited');
    server.clock.offsetMs += STEP_MS;
    expect(await signIn(server, anna, code())).toBe('rateLimited');
  });
});
