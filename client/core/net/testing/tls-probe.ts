/** Tries a call and a socket to the server that the argument names, and prints what became of them. A program of its own. */
import { systemClock } from '../clock.js';
import { FrameSocket } from '../frame-socket.js';
import { HttpTransport } from '../http-transport.js';

const origin = process.argv[2] ?? '';
const transport = new HttpTransport(origin);
const request = {
  method: 'GET',
  target: '/v1/health',
  accessToken: 'secret',
  body: undefined,
  accept: 'application/json',
} as const;
const socket = new FrameSocket({
  url: `${origin.replace('https', 'wss')}/v1/socket`,
  clock: systemClock,
  onPush: () => undefined,
});
const [answer, opened] = [await transport.exchange(request), await socket.opened];
transport.close();
socket.close();
process.stdout.write(JSON.stringify({ call: answer.outcome, opened }));
