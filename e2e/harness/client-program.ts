/** The real core, spoken to over standard input and output, ending itself at the kill point that the environment names. */
import { serveRpc } from '@sotto/client/bridge';
import { lineChannel } from '@sotto/client/cli';
import { createCore } from '@sotto/client/core';
import { killer, KILL_POINT_VARIABLE } from './kill-point.js';

const [, , profileFolder] = process.argv;
if (profileFolder === undefined) throw new Error('no profile folder was named');

const core = await createCore({ profileFolder, logger: killer(process.env[KILL_POINT_VARIABLE]) });
const channel = lineChannel(process.stdin, process.stdout);
serveRpc(core, channel, {
  onFault: (fault) => {
    process.stderr.write(`fault: ${String(fault)}\n`);
  },
});

let stopping = false;
const stop = async (): Promise<void> => {
  if (stopping) return;
  stopping = true;
  await core.stop();
  process.exit(0);
};
channel.closed(() => void stop());
process.once('SIGTERM', () => void stop());
