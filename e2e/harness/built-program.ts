import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built file of a program of this folder, whether this code runs built or, in tests, from its sources. */
export const builtProgram = (name: string): string => {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  return folder.includes(`${sep}dist${sep}`) ? join(folder, name) : join(folder, '..', 'dist', 'harness', name);
};
