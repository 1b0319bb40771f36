import { writeFile } from 'node:fs/promises';
import { systemRandom, trustRootFingerprint } from '@sotto/crypto/server';
import { loadServerSecrets } from '../domain/server-secrets.js';
import { UsageError, wordAt, type AdminCommand } from './command.js';

const PRIVATE_ROOT = 'trust-root-private';

export const showRoot: AdminCommand = async (context) => {
  const { serverSecrets } = await context.storage();
  const { keyRing } = await loadServerSecrets(serverSecrets, systemRandom, context.clock);
  const fingerprint = trustRootFingerprint(keyRing.trustRoot);
  const offline = keyRing.trustRootPrivateKey === undefined;
  context.say(`Fingerprint: ${fingerprint}`);
  context.say(`Its private half is ${offline ? 'offline' : 'in the database'}.`);
  context.answer({ fingerprint, offline });
  return 0;
};

/**
 * Writes the private half of the trust root to a file and, with `--remove`, forgets it here. A server runs without it: it is needed
 * only to change the keys that sign certificates and receipts.
 */
export const exportRoot: AdminCommand = async (context, given) => {
  const path = wordAt(given, 0, 'the file to write to');
  const { serverSecrets } = await context.storage();
  const { keyRing } = await loadServerSecrets(serverSecrets, systemRandom, context.clock);
  const root = (await serverSecrets.load()).get(PRIVATE_ROOT);
  if (root === undefined) throw new UsageError('The trust root is offline already.');
  const fingerprint = trustRootFingerprint(keyRing.trustRoot);
  const text = `${JSON.stringify({ kind: 'sotto-trust-root/1', fingerprint, key: Buffer.from(root).toString('base64') }, undefined, 2)}\n`;
  // Never over another file: it may be the root of another server.
  await writeFile(path, text, { mode: 0o600, flag: 'wx', flush: true });
  if (given.options['remove'] === true) await serverSecrets.remove(PRIVATE_ROOT);
  context.say(`Written to ${path}. Whoever has it can pretend to be this server: keep it where no network is.`);
  context.say(
    given.options['remove'] === true
      ? 'It is no longer in the database. Backups from before still hold it.'
      : 'It is still in the database; --remove forgets it there.',
  );
  context.answer({ fingerprint, file: path, removed: given.options['remove'] === true });
  return 0;
};
