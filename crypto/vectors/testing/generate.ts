/**
 * Writes the vectors anew: `npm run vectors -w crypto`.
 *
 * Everything comes from fixed seeds but for XEdDSA, which is randomised: its signatures are others each time, and the files
 * record some that must verify for ever. Run it only when a format gets a new version, never to make a red test green.
 */
import { writeFileSync } from 'node:fs';
import { archiveAndBackupVectors } from './archive-vectors.js';
import { certificateVectors } from './certificate-vectors.js';
import { derivationVectors } from './derivation-vectors.js';
import { deviceListVectors } from './device-list-vectors.js';
import { provisioningVectors } from './provisioning-vectors.js';
import { recoveryVectors } from './recovery-vectors.js';
import { serverKeysVectors } from './server-keys-vectors.js';
import { wrappedKeyVectors } from './wrapped-key-vectors.js';

const write = (name: string, vectors: unknown): void => {
  writeFileSync(new URL(`../${name}.json`, import.meta.url), `${JSON.stringify(vectors, undefined, 2)}\n`);
};

write('certificates', certificateVectors());
write('device-lists', deviceListVectors());
write('server-keys', serverKeysVectors());
write('wrapped-keys', wrappedKeyVectors());
write('provisioning', provisioningVectors());
write('derivations', await derivationVectors());
write('recovery', recoveryVectors());
write('archive', await archiveAndBackupVectors());
