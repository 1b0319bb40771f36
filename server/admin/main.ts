import { loadEnvFile } from '../config/env-file.js';
import { systemClock } from '../domain/system-clock.js';
import { runAdmin } from './admin.js';

// `doctor | head`: whoever reads has read enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

loadEnvFile();
process.exitCode = await runAdmin(process.argv.slice(2), {
  settings: process.env,
  clock: systemClock,
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
});
