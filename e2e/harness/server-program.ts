/** The real server, composed as in production, ending itself at the kill point that the environment names. */
import { startServer } from '@sotto/server';
import { killer, KILL_POINT_VARIABLE } from './kill-point.js';

const onEvent = killer(process.env[KILL_POINT_VARIABLE]);
const EVENT = /"event":"([^"]+)"/;

const server = await startServer({
  settings: { ...process.env, SOTTO_LOG_LEVEL: 'debug' },
  logTo: {
    write: (line) => {
      const event = EVENT.exec(line)?.[1];
      if (event !== undefined) onEvent(event);
    },
  },
});
process.stdout.write(`listening on ${server.address}\n`);
process.once('SIGTERM', () => {
  void server.stop().then(() => process.exit(0));
});
