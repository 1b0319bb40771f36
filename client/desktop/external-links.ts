import type { Shell } from 'electron';

/** Longer addresses break programs that they are handed to. */
const LENGTH_MOST = 2_048;

/**
 * The one way out of the program: opens an address in the person's browser. Only `https:` without a name or password in it;
 * any other scheme could start a program or show another address than the one it leads to.
 */
export const createLinkOpener =
  (shell: Pick<Shell, 'openExternal'>) =>
  async (address: string): Promise<boolean> => {
    if (address.length > LENGTH_MOST || !URL.canParse(address)) return false;
    const url = new URL(address);
    if (url.protocol !== 'https:' || url.username !== '' || url.password !== '') return false;
    await shell.openExternal(url.href);
    return true;
  };
