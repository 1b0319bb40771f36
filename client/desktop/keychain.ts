import type { SafeStorage } from 'electron';

type AsyncSafeStorage = Pick<
  SafeStorage,
  'isAsyncEncryptionAvailable' | 'encryptStringAsync' | 'decryptStringAsync' | 'getSelectedStorageBackend'
>;

/** The system's keychain, which keeps a secret for this user of this machine. */
export interface Keychain {
  seal(secret: string): Promise<string>;
  /** `undefined` where the keychain does not open it. */
  open(sealed: string): Promise<string | undefined>;
}

/** On Linux, the beginning of everything that Chromium "encrypts" with the password that stands in its source. */
const HARDCODED_PASSWORD_TAG = 'v10';

const protects = async (safeStorage: AsyncSafeStorage, platform: NodeJS.Platform): Promise<boolean> => {
  if (!(await safeStorage.isAsyncEncryptionAvailable())) return false;
  if (platform !== 'linux') return true;
  const backend = safeStorage.getSelectedStorageBackend();
  if (backend === 'basic_text' || backend === 'unknown') return false;
  // That was the store that this kind of desktop has; whether it answers, or Chromium fell back, shows in what comes out.
  const sealed = await safeStorage.encryptStringAsync('probe');
  return sealed.toString('latin1', 0, HARDCODED_PASSWORD_TAG.length) !== HARDCODED_PASSWORD_TAG;
};

/**
 * The keychain, or `undefined` where there is none worth the name. On Linux without a password store Chromium "encrypts" with a
 * password that anybody can read: that would look like protection and be none, so it is refused, and the core then says that the
 * key lies open until a passphrase is set.
 */
export const findKeychain = async (
  safeStorage: AsyncSafeStorage,
  platform: NodeJS.Platform,
): Promise<Keychain | undefined> => {
  if (!(await protects(safeStorage, platform))) return undefined;
  return {
    seal: async (secret) => (await safeStorage.encryptStringAsync(secret)).toString('base64'),
    open: async (sealed) => {
      try {
        return (await safeStorage.decryptStringAsync(Buffer.from(sealed, 'base64'))).result;
      } catch {
        return undefined;
      }
    },
  };
};
