import { describe, expect, it } from '@jest/globals';
import { createTestApp, settle } from '../testing/test-app.js';

const start = async (options: Parameters<typeof createTestApp>[0] = {}) => {
  const test = createTestApp({ phase: 'noAccount', ...options });
  await settle();
  return { ...test, firstRun: test.app.firstRun };
};

describe('the first run', () => {
  it('goes from the welcome over the server to an account', async () => {
    const { app, core, firstRun } = await start();
    expect([app.screen.value, firstRun.step.value]).toEqual(['firstRun', 'welcome']);
    firstRun.begin('create');
    expect([firstRun.step.value, firstRun.address.value]).toEqual(['server', 'https://chat.example.org']);
    await firstRun.submitServer();
    expect([firstRun.step.value, firstRun.server.value?.registration]).toEqual(['create', 'open']);
    firstRun.username.value = ' alice ';
    firstRun.password.value = 'four unrelated words';
    await firstRun.submitCreate();
    expect(core.calls).toContainEqual({
      method: 'register',
      params: { address: 'https://chat.example.org', username: 'alice', password: 'four unrelated words' },
    });
    expect(app.screen.value).toBe('chats');
    // What is not needed any more is not kept.
    expect(firstRun.password.value).toBe('');
  });

  it('passes an email on only where there is one', async () => {
    const { core, firstRun } = await start();
    firstRun.begin('create');
    await firstRun.submitServer();
    firstRun.username.value = 'alice';
    firstRun.password.value = 'four unrelated words';
    firstRun.email.value = ' a@example.org ';
    await firstRun.submitCreate();
    expect(core.calls.find(({ method }) => method === 'register')?.params).toMatchObject({ email: 'a@example.org' });
  });

  it('keeps everything that was typed through refusals and steps back', async () => {
    const { firstRun } = await start({ takenNames: ['alice'] });
    firstRun.begin('create');
    firstRun.address.value = 'https://away.example.org';
    await firstRun.submitServer();
    expect([firstRun.step.value, firstRun.submission.failure.value]).toMatchObject(['server', { code: 'serverAway' }]);
    firstRun.address.value = 'https://chat.example.org';
    await firstRun.submitServer();
    firstRun.username.value = 'alice';
    firstRun.password.value = 'four unrelated words';
    await firstRun.submitCreate();
    expect(firstRun.submission.failure.value).toMatchObject({ code: 'usernameTaken' });
    firstRun.back();
    expect([firstRun.step.value, firstRun.submission.failure.value]).toEqual(['server', undefined]);
    await firstRun.submitServer();
    expect([firstRun.step.value, firstRun.username.value, firstRun.password.value]).toEqual([
      'create',
      'alice',
      'four unrelated words',
    ]);
  });

  it('says of a right password that the keys are elsewhere', async () => {
    const { firstRun } = await start();
    firstRun.begin('signIn');
    await firstRun.submitServer();
    expect(firstRun.step.value).toBe('signIn');
    firstRun.identifier.value = 'alice';
    firstRun.password.value = 'wrong';
    await firstRun.submitSignIn();
    expect(firstRun.submission.failure.value).toMatchObject({ code: 'wrongCredentials' });
    firstRun.password.value = 'right password';
    await firstRun.submitSignIn();
    expect([firstRun.step.value, firstRun.keysElsewhere.value]).toEqual(['noKeys', 'alice']);
    // The server is known: no need to ask for it again.
    firstRun.begin('create');
    expect(firstRun.step.value).toBe('create');
  });

  it('does not overwrite an address that has been typed', async () => {
    const { app } = await start();
    app.firstRun.address.value = 'https://mine.example.org';
    expect(app.link.defaultServer.value).toBe('https://chat.example.org');
    expect(app.firstRun.address.value).toBe('https://mine.example.org');
  });
});
