import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems give out by themselves. */
const FIRST = 20_000;
const COUNT = 10_000;

const isFree = async (port: number): Promise<boolean> => {
  const probe = createServer();
  probe.listen(port, '127.0.0.1');
  try {
    await once(probe, 'listening');
  } catch {
    return false;
  }
  probe.close();
  await once(probe, 'close');
  return true;
};

/**
 * The port on which a profile is usually found, or 0 (any) where another program has it. A browser keeps language, theme and
 * the like by origin, and so by port: with a new one at every start they would be lost each time.
 */
export const usualPort = async (profileFolder: string): Promise<number> => {
  const port = FIRST + (createHash('sha256').update(profileFolder).digest().readUInt32BE() % COUNT);
  return (await isFree(port)) ? port : 0;
};
