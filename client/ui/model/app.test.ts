import { describe, expect, it } from '@jest/globals';
import { createTestApp, settle } from '../testing/test-app.js';

describe('the app', () => {
  it.each([
    [{ phase: 'locked' as const, passphrase: 'p' }, 'locked'],
    [{ phase: 'noAccount' as const }, 'firstRun'],
    [{ phase: 'ready' as const }, 'chats'],
  ])('shows the screen of %j', async (options, screen) => {
    const { app } = createTestApp(options);
    expect(app.screen.value).toBe('starting');
    await settle();
    expect(app.screen.value).toBe(screen);
  });

  it('unlocks by the right passphrase alone', async () => {
    const { app } = createTestApp({ phase: 'locked', passphrase: 'open sesame' });
    await settle();
    await app.unlock('sesame');
    expect([app.screen.value, app.unlocking.failure.value]).toMatchObject(['locked', { code: 'wrongPassphrase' }]);
    await app.unlock('open sesame');
    await settle();
    expect(app.screen.value).toBe('chats');
  });

  it('keeps what it shows while the road is broken, and gives up where the host does not know it any more', async () => {
    const { app, link } = createTestApp();
    await settle();
    link.value = 'broken';
    expect(app.screen.value).toBe('chats');
    link.value = 'refused';
    expect(app.screen.value).toBe('detached');
  });

  it('closes its dialogs with their screen', async () => {
    const { app } = createTestApp();
    await settle();
    app.dialog.value = 'settings';
    app.state.adoptApp({ phase: 'locked' });
    expect(app.dialog.value).toBeUndefined();
  });

  it('speaks the language that is chosen, else that of the system', async () => {
    const { app } = createTestApp();
    expect(app.translator.value.language).toBe('en');
    app.preferences.language.value = 'ru';
    expect(app.translator.value.text('chats.title')).toBe('Чаты');
  });
});
