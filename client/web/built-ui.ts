import { basename, dirname, join } from 'node:path';

/** Where Vite puts the interface, seen from this file both as source and as built. */
export const builtUiFolder = (): string => {
  const above = dirname(import.meta.dirname);
  return basename(above) === 'dist' ? join(above, 'ui') : join(above, 'dist', 'ui');
};
