import { describe, expect, it } from '@jest/globals';
import { findKeychain } from './keychain.js';
import { createFakeElectron } from './testing/fake-electron.js';

type FakeOptions = Parameters<typeof createFakeElectron>[0];

const readyStorage = (options: FakeOptions = {}) => {
  const { electron, life } = createFakeElectron(options);
  life.becomeReady();
  return electron.safeStorage;
};

describe('the keychain of the system', () => {
  it.each(['linux', 'darwin', 'win32'] as const)('keeps a secret on %s', async (platform) => {
    const keychain = await findKeychain(readyStorage(), platform);
    const sealed = await keychain!.seal('the key');
    expect(sealed).not.toContain('the key');
    expect(await keychain!.open(sealed)).toBe('the key');
  });

  it('opens nothing that it did not seal', async () => {
    const keychain = await findKeychain(readyStorage(), 'linux');
    expect(await keychain!.open(Buffer.from('v12 something').toString('base64'))).toBeUndefined();
  });

  it.each([
    ['says that it keeps plain text', { passwordStore: 'basic_text' }],
    ['does not know what it is', { passwordStore: 'unknown' }],
    ['names a store but seals with the password in the source', { passwordStore: 'gnome_libsecret', sealTag: 'v10' }],
  ])('is refused on Linux where Chromium %s', async (_, options) => {
    expect(await findKeychain(readyStorage(options), 'linux')).toBeUndefined();
  });

  it('is taken elsewhere by what it says itself: the mark of plain text is that of Linux', async () => {
    expect(await findKeychain(readyStorage({ sealTag: 'v10', passwordStore: 'basic_text' }), 'darwin')).toBeDefined();
  });

  it.each(['linux', 'darwin', 'win32'] as const)('is none on %s while it is not available', async (platform) => {
    expect(await findKeychain(readyStorage({ isKeychainOpen: () => false }), platform)).toBeUndefined();
  });

  it('that is locked meanwhile opens nothing, and does not pretend to seal', async () => {
    let isOpen = true;
    const keychain = await findKeychain(readyStorage({ isKeychainOpen: () => isOpen }), 'linux');
    const sealed = await keychain!.seal('the key');
    isOpen = false;
    expect(await keychain!.open(sealed)).toBeUndefined();
    await expect(keychain!.seal('another')).rejects.toThrow();
  });
});
