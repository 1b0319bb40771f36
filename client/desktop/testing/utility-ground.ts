import { EventEmitter } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { FakeMessagePortMain, openParcel } from './fake-ports.js';
import type { ProcessNote } from './fake-utility-process.js';

// The ground of a utility process: `process.parentPort`, whose messages wait until somebody listens, then the program.

const say = (note: ProcessNote): void => void process.send?.(note);

/** The far ends of the ports that this process was given. */
const roads = new Map<number, MessagePort>();

const openPort = (id: number): FakeMessagePortMain => {
  const { port1, port2 } = new MessageChannel();
  roads.set(id, port2);
  port2.on('message', (parcel) => say({ kind: 'port', id, data: openParcel(parcel).data }));
  port2.once('close', () => say({ kind: 'close', id }));
  return new FakeMessagePortMain(port1);
};

const parentPort = Object.assign(new EventEmitter(), {
  postMessage: (data: unknown): void => say({ kind: 'message', data, ports: [] }),
});

const hear = (note: ProcessNote): void => {
  switch (note.kind) {
    case 'message':
      parentPort.emit('message', { data: note.data, ports: note.ports.map(openPort) });
      break;
    case 'port':
      roads.get(note.id)?.postMessage({ data: note.data, ports: [] });
      break;
    case 'close':
      roads.get(note.id)?.close();
  }
};

const waiting: ProcessNote[] = [];
let listening = false;
process.on('message', (note: ProcessNote) => {
  if (listening) hear(note);
  else waiting.push(note);
});
parentPort.on('newListener', (event) => {
  if (event !== 'message' || listening) return;
  listening = true;
  setImmediate(() => {
    for (const note of waiting.splice(0)) hear(note);
  });
});
// A process without its parent has nobody to serve.
process.once('disconnect', () => process.exit(1));

Object.assign(process, { parentPort });
const [program] = process.argv.splice(2, 1);
if (program === undefined) throw new Error('no program is named');
await import(program);
