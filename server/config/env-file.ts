import { existsSync } from 'node:fs';

/** Takes up `.env` of the working folder, where there is one. What the environment sets itself stays. */
export const loadEnvFile = (path = '.env'): void => {
  if (existsSync(path)) process.loadEnvFile(path);
};
