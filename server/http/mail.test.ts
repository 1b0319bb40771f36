import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { systemRandom } from '@sotto/crypto';
import { call, succeed } from '../testing/client/rest-calls.js';
import { codeIn, startPrivateSmtp, type PrivateSmtp } from '../testing/private-smtp.js';
import {
  describeServer,
  registerPerson,
  signInPerson,
  type TestPerson,
  type TestServer,
} from '../testing/client/test-servers.js';
import { TestAccount } from '../testing/client/test-account.js';

const HOUR_MS = 3_600_000;

describeServer('Mail', (servers) => {
  let smtp: PrivateSmtp;
  beforeAll(async () => {
    smtp = await startPrivateSmtp();
  });
  afterAll(() => smtp.stop());

  const start = (settings: Record<string, string> = {}) =>
    servers.start({
      settings: {
        SOTTO_SMTP_URL: smtp.url,
        SOTTO_MAIL_FROM: 'sotto@chat.example.org',
        SOTTO_PUBLIC_HOST: 'chat.example.org',
        ...settings,
      },
    });

  let addresses = 0;
  const newAddress = () => `person${(addresses += 1)}@example.org`;

  const stepUpToken = async (server: TestServer, { account, token }: TestPerson) =>
    (await succeed(server.address, 'stepUp', { token, body: { secret: account.secret } })).stepUpToken;

  const own = (server: TestServer, { token }: TestPerson) => succeed(server.address, 'ownAccount', { token });

  /** Somebody whose address is confirmed. */
  const withEmail = async (server: TestServer) => {
    const email = newAddress();
    const account = new TestAccount(`mail_${addresses}`);
    const { grant } = await succeed(server.address, 'register', { body: account.registerRequest({ email }) });
    const person = { account, grant, token: grant.accessToken };
    const code = codeIn(await smtp.next(email));
    await succeed(server.address, 'confirmEmail', { body: { code } });
    return { ...person, email, code };
  };

  const passwordOf = (secret: Uint8Array<ArrayBuffer>) => ({
    salt: systemRandom.bytes(16),
    cost: { memoryKiB: 65_536, iterations: 3, parallelism: 4 },
    secret,
  });

  const signsIn = async (server: TestServer, identifier: string, secret: Uint8Array<ArrayBuffer>) =>
    (await call(server.address, 'signIn', { body: { identifier, secret } })).type === 'ok';

  it('confirms an address before it is an account’s, by a code that is good once', async () => {
    const server = await start();
    const email = newAddress();
    const account = new TestAccount('first_mail');
    const { grant } = await succeed(server.address, 'register', { body: account.registerRequest({ email }) });
    const anna = { account, grant, token: grant.accessToken };
    const mail = await smtp.next(email);
    expect(await own(server, anna)).toMatchObject({ pendingEmail: email, mail: true });
    expect(await own(server, anna)).not.toHaveProperty('email');
    expect(await signsIn(server, email, account.secret)).toBe(false);
    expect(mail.from).toBe('sotto@chat.example.org');
    expect(mail.text).toContain('chat.example.org');
    expect(mail.text).not.toContain(account.username);
    const confirm = (code: string) => call(server.address, 'confirmEmail', { body: { code } });
    expect(await confirm('0000-0000-0000-0000')).toMatchObject({ error: { code: 'mailCodeUnknown' } });
    expect(await confirm(codeIn(mail).toLowerCase())).toMatchObject({ type: 'ok' });
    expect(await confirm(codeIn(mail))).toMatchObject({ error: { code: 'mailCodeUnknown' } });
    const shown = await own(server, anna);
    expect(shown).toMatchObject({ email });
    expect(shown.emailConfirmedAt).toBeGreaterThan(0);
    expect(await signsIn(server, email.toUpperCase(), account.secret)).toBe(true);
  });

  it('lets nobody learn which addresses have accounts, nor take one', async () => {
    const server = await start();
    const { email, ...anna } = await withEmail(server);
    const stranger = new TestAccount('stranger_mail');
    const { grant } = await succeed(server.address, 'register', { body: stranger.registerRequest({ email }) });
    const code = codeIn(await smtp.next(email));
    // Whoever reads the mail could do this; nothing is taken away from the one who has the address.
    expect(await call(server.address, 'confirmEmail', { body: { code } })).toMatchObject({
      error: { code: 'emailTaken' },
    });
    expect(await own(server, anna)).toMatchObject({ email });
    expect(await succeed(server.address, 'ownAccount', { token: grant.accessToken })).not.toHaveProperty('email');
  });

  it('gives an address that several confirm in the same moment to one of them, and tells the others', async () => {
    const server = await start();
    const email = newAddress();
    const codes: string[] = [];
    for (let index = 0; index < 4; index += 1) {
      const account = new TestAccount(`racing_${email.split('@', 1)[0] ?? ''}_${String(index)}`);
      await succeed(server.address, 'register', { body: account.registerRequest({ email }) });
      codes.push(codeIn(await smtp.next(email)));
    }
    const answers = await Promise.all(codes.map((code) => call(server.address, 'confirmEmail', { body: { code } })));
    const outcomes = answers.map((answer) => (answer.type === 'ok' ? 'ok' : answer.error.code)).toSorted();
    expect(outcomes).toEqual(['emailTaken', 'emailTaken', 'emailTaken', 'ok']);
  });

  it('changes an address for whoever has shown the password', async () => {
    const server = await start();
    const anna = await withEmail(server);
    const email = newAddress();
    const change = async (token: string) =>
      call(server.address, 'changeEmail', { token: anna.token, body: { stepUpToken: token, email } });
    expect(await change('none')).toMatchObject({ error: { code: 'stepUpRequired' } });
    expect(await change(await stepUpToken(server, anna))).toMatchObject({ value: { confirmationSent: true } });
    expect(await own(server, anna)).toMatchObject({ email: anna.email, pendingEmail: email });
    await succeed(server.address, 'confirmEmail', { body: { code: codeIn(await smtp.next(email)) } });
    expect(await own(server, anna)).toMatchObject({ email });
    const none = { stepUpToken: await stepUpToken(server, anna) };
    await succeed(server.address, 'changeEmail', { token: anna.token, body: none });
    expect(await own(server, anna)).not.toHaveProperty('email');
  });

  it('resets a password, once, and touches no device and no key', async () => {
    const server = await start();
    const anna = await withEmail(server);
    const request = (identifier: string) => call(server.address, 'requestPasswordReset', { body: { identifier } });
    expect(await request(anna.email)).toMatchObject({ type: 'ok' });
    const code = codeIn(await smtp.next(anna.email));
    const secret = systemRandom.bytes(32);
    const reset = () => call(server.address, 'resetPassword', { body: { code, authentication: passwordOf(secret) } });
    const [first, second] = await Promise.all([reset(), reset()]);
    expect([first.type, second.type].toSorted()).toEqual(['ok', 'refused']);
    expect(await signsIn(server, anna.account.username, secret)).toBe(true);
    expect(await signsIn(server, anna.account.username, anna.account.secret)).toBe(false);
    expect((await smtp.next(anna.email)).text).toContain('was changed');
    // The device is signed in as before.
    expect(await call(server.address, 'ownDevices', { token: anna.token })).toMatchObject({ type: 'ok' });
  });

  it('answers a reset for nobody, for an unconfirmed address and for somebody alike, and sends only to the last', async () => {
    const server = await start();
    const unconfirmed = newAddress();
    const account = new TestAccount('unconfirmed_mail');
    await succeed(server.address, 'register', { body: account.registerRequest({ email: unconfirmed }) });
    await smtp.next(unconfirmed);
    const anna = await withEmail(server);
    const before = smtp.mails.length;
    const answers = [];
    for (const identifier of ['nobody@example.org', 'nobody_here', account.username, anna.account.username])
      answers.push(await call(server.address, 'requestPasswordReset', { body: { identifier } }));
    expect(answers.map(({ type, status }) => `${type} ${status}`)).toEqual(Array.from(answers, () => 'ok 200'));
    await smtp.next(anna.email);
    expect(smtp.mails.length).toBe(before + 1);
  });

  it('lets a code for one thing open nothing else, nor after its time', async () => {
    const server = await start();
    const anna = await withEmail(server);
    await succeed(server.address, 'requestPasswordReset', { body: { identifier: anna.email } });
    const code = codeIn(await smtp.next(anna.email));
    expect(await call(server.address, 'confirmEmail', { body: { code } })).toMatchObject({
      error: { code: 'mailCodeUnknown' },
    });
    server.clock.offsetMs += HOUR_MS + 1_000;
    const body = { code, authentication: passwordOf(systemRandom.bytes(32)) };
    expect(await call(server.address, 'resetPassword', { body })).toMatchObject({ error: { code: 'mailCodeUnknown' } });
  });

  it('ends what a mail could do once the password was changed', async () => {
    const server = await start();
    const anna = await withEmail(server);
    await succeed(server.address, 'requestPasswordReset', { body: { identifier: anna.email } });
    const code = codeIn(await smtp.next(anna.email));
    const changed = systemRandom.bytes(32);
    const body = { stepUpToken: await stepUpToken(server, anna), authentication: passwordOf(changed) };
    await succeed(server.address, 'changePassword', { token: anna.token, body });
    const reset = { code, authentication: passwordOf(systemRandom.bytes(32)) };
    expect(await call(server.address, 'resetPassword', { body: reset })).toMatchObject({
      error: { code: 'mailCodeUnknown' },
    });
    expect(await signsIn(server, anna.account.username, changed)).toBe(true);
  });

  it('is tried again when the mail server says later, and names nobody in the log', async () => {
    const server = await start();
    smtp.refuse(1);
    const anna = await withEmail(server);
    expect(server.log.join('\n')).not.toContain(anna.email);
  });

  it('is bounded for one account and for one address', async () => {
    const server = await start({ SOTTO_LIMIT_FACTOR: '1' });
    const anna = await registerPerson(server);
    const email = newAddress();
    const outcomes: string[] = [];
    for (let attempt = 0; attempt < 6; attempt += 1) {
      const body = { email, stepUpToken: await stepUpToken(server, anna) };
      const answer = await call(server.address, 'changeEmail', { token: anna.token, body });
      outcomes.push(answer.type === 'ok' ? 'ok' : answer.error.code);
    }
    expect(outcomes).toEqual([...Array.from({ length: 5 }, () => 'ok'), 'rateLimited']);
  });

  it('hides itself where the host sends none: addresses are taken as they are given', async () => {
    const server = await servers.start();
    const email = newAddress();
    const account = new TestAccount('without_mail');
    const { grant } = await succeed(server.address, 'register', { body: account.registerRequest({ email }) });
    expect(await succeed(server.address, 'serverInfo')).toMatchObject({ mail: false });
    const shown = await succeed(server.address, 'ownAccount', { token: grant.accessToken });
    expect(shown).toMatchObject({ email, mail: false });
    expect(shown).not.toHaveProperty('emailConfirmedAt');
    expect(await call(server.address, 'requestPasswordReset', { body: { identifier: email } })).toMatchObject({
      error: { code: 'mailOff' },
    });
    const person = await signInPerson(server, account);
    const other = { email: newAddress(), stepUpToken: await stepUpToken(server, person) };
    const changed = await succeed(server.address, 'changeEmail', { token: person.token, body: other });
    expect(changed).toEqual({ confirmationSent: false });
  });
});
