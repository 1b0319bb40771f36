/**
 * A second device by QR code, in two browser windows and with a webcam: from the recovery kit to the day on which it is unlinked and
 * is refused everywhere, although it still holds all its keys and tokens.
 */
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { WebSocket } from 'ws';
import { decodeServerFrame, encodeClientFrame, SOCKETS } from '@sotto/protocol/wire';
import {
  allMessages,
  chatWith,
  eventually,
  newMessageId,
  register as registerCore,
  startClientProcess,
  textsFrom,
  type ClientProcess,
} from '../../harness/index.js';
import {
  approveAndJoin,
  article,
  button,
  Cast,
  chromiumOrReason,
  closeDialogs,
  field,
  offer,
  openDevices,
  PASSWORD,
  register,
  saveKit,
  says,
  type Window,
} from './testing/cast.js';
import { patternOf } from './testing/catalogue.js';
import { filmOf } from './testing/film.js';

jest.setTimeout(180_000);

const executable = chromiumOrReason();

let cast: Cast;
let bob: ClientProcess;
let first: Window;
let second: Window;
/** Requests with tokens that were made before the second device was there. */
let joinedAt = 0;

const bobSays = async (text: string): Promise<void> => {
  const { chatId } = await bob.core.call('startChat', { username: 'anna' });
  await bob.core.call('sendText', { chatId, messageId: newMessageId(), text });
};
const bobHas = (text: string): Promise<true> =>
  eventually(bob.core, `bob to have "${text}"`, async () => {
    const { chatId } = await chatWith(bob.core, 'anna');
    return textsFrom(await allMessages(bob.core, chatId), 'peer').includes(text) ? true : undefined;
  });
const write = async ({ page }: Window, text: string): Promise<void> => {
  await page.getByRole('textbox').last().fill(text);
  await page.keyboard.press('Enter');
};
const openChat = ({ page }: Window): Promise<void> => page.getByRole('option', { name: /bob/ }).click();

const deviceOf = (token: string): unknown => {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  return (JSON.parse(payload) as Record<string, unknown>)['device'];
};

type Call = readonly [method: string, path: string];

/** Prekeys, devices, list, links, certificate, password, storage record: whatever a device may ask for with its token. */
const REFUSED: readonly Call[] = [
  ['GET', '/v1/prekeys/counts'],
  ['PUT', '/v1/prekeys'],
  ['GET', '/v1/devices'],
  ['POST', '/v1/device-list'],
  ['POST', '/v1/link-sessions'],
  ['POST', '/v1/certificates/sender'],
  ['POST', '/v1/auth/step-up'],
  ['GET', '/v1/storage-record'],
];

/** Code of the refusal, or the status of what is no refusal. */
const outcome = async (token: string, method: string, path: string, body?: Buffer): Promise<string> => {
  const answer = await fetch(cast.tap.address + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(method === 'GET' ? {} : { body: body === undefined ? '{}' : Uint8Array.from(body) }),
  });
  const text = await answer.text();
  return answer.ok ? String(answer.status) : (JSON.parse(text) as { code: string }).code;
};
const outcomes = (token: string, calls: readonly Call[]): Promise<string[]> =>
  Promise.all(calls.map(([method, path]) => outcome(token, method, path)));

/** What the mailbox's socket answers to a token. */
const authenticated = async (accessToken: string): Promise<string> => {
  const socket = new WebSocket(cast.tap.address.replace('http', 'ws') + SOCKETS.authenticated);
  await once(socket, 'open');
  socket.send(encodeClientFrame({ requestId: 1, body: { type: 'authenticate', accessToken } }));
  const [data] = (await once(socket, 'message')) as [Buffer];
  socket.terminate();
  const { body } = decodeServerFrame(data);
  return body.type === 'failure' ? body.code : body.type;
};

beforeAll(async () => {
  if (executable === undefined) return;
  cast = await Cast.start(executable);
  bob = startClientProcess({ profileFolder: cast.file('bob') });
  await registerCore(bob.core, cast.tap.address, 'bob');
}, 120_000);

afterEach(() => cast.picture(expect.getState().currentTestName ?? ''));

afterAll(async () => {
  if (executable === undefined) return;
  await bob.kill();
  await cast.stop();
});

(executable === undefined ? describe.skip : describe)('a second device, by a webcam', () => {
  it('P4, P7: is linked from scratch: recovery kit, code, digits, approval, join, history', async () => {
    first = await cast.window('anna');
    await register(first, 'anna');
    await saveKit(first);
    await bobSays('from before');
    await openChat(first);
    await button(first, 'request.accept').click();
    await write(first, 'heard');
    await bobHas('heard');

    const film = cast.file('webcam.y4m');
    second = await cast.window('second', { browser: await cast.withWebcam(film) });
    await button(second, 'firstRun.linkDevice').click();
    await field(second, 'join.name').fill('The laptop');
    await offer(first, 'qr');
    await button(first, 'offer.start').click();
    const code = first.page.getByRole('img', { name: first.words['offer.qr'] ?? '' });
    await code.waitFor();
    const scratch = await cast.browser.newPage();
    await filmOf(code, scratch, film);
    await scratch.close();
    await button(second, 'code.camera').click();

    await says(first, 'offer.confirm.title').waitFor();
    expect(await first.page.getByRole('dialog').innerText()).toContain('The laptop');
    joinedAt = cast.tap.requests.length;
    await approveAndJoin(first, second);
    await says(first, 'history.finished').waitFor();
    await openChat(second);
    await article(second, /bob.*from before/).waitFor();
    await article(second, /heard/).waitFor();
    await closeDialogs(first);
  });

  it('shows what a third person writes, and that it has been read, as the first does', async () => {
    await bobSays('to both of you');
    for (const window of [first, second]) await article(window, /bob.*to both of you/).waitFor();
    await write(second, 'from the laptop');
    await bobHas('from the laptop');
    await article(first, /You.*from the laptop/).waitFor();
    // Bob reads it: both show it.
    const { chatId } = await chatWith(bob.core, 'anna');
    const messages = await allMessages(bob.core, chatId);
    await bob.core.call('markRead', { chatId, upTo: messages.at(-1)!.messageId });
    for (const window of [first, second]) await article(window, /You.*from the laptop.*read/).waitFor();
    // What the first reads is not unread on the second.
    await eventually(bob.core, 'his message to be read', async () => {
      const own = (await allMessages(bob.core, chatId)).filter(({ author }) => author === 'self');
      return own.every(({ delivery }) => delivery?.state === 'read') ? true : undefined;
    });
  });

  it('P11: is out once it is unlinked, with all that it still holds', async () => {
    const devices = cast.tap.requests.map(({ token }) => deviceOf(token));
    const thief = devices.find((device, index) => index > joinedAt && !devices.slice(0, joinedAt).includes(device));
    const held = cast.tap.requests.filter(({ token }) => deviceOf(token) === thief);
    const token = held.at(-1)?.token ?? '';
    expect(await outcomes(token, [['GET', '/v1/devices']])).toEqual(['200']);

    // It does not hear that it is out: it goes on with what it has.
    cast.tap.deafen();
    await openDevices(first);
    await button(first, patternOf(first.words['devices.manage'] ?? '', 'The laptop')).click();
    await field(first, 'offer.password').fill(PASSWORD);
    await button(first, 'device.unlink').click();
    await says(first, 'device.unlinked').waitFor();
    await closeDialogs(first);

    expect(new Set(await outcomes(token, REFUSED))).toEqual(new Set(['deviceNotListed']));
    const replayed = await Promise.all(held.map(({ method, path, body }) => outcome(token, method, path, body)));
    expect(new Set(replayed)).toEqual(new Set(['deviceNotListed']));
    expect(await authenticated(token)).toBe('deviceNotListed');

    // What it sends anonymously the server takes, within its limits, and nobody hears.
    await write(first, 'without the laptop');
    await bobHas('without the laptop');
    await write(second, 'a ghost');
    await article(second, /You.*a ghost.*sent/).waitFor();
    await write(first, 'the end');
    await bobHas('the end');
    const { chatId } = await chatWith(bob.core, 'anna');
    expect(textsFrom(await allMessages(bob.core, chatId), 'peer')).not.toContain('a ghost');

    cast.tap.release();
    await says(second, 'connection.unlinked').waitFor();
    expect([...first.faults, ...second.faults]).toEqual([]);
  });
});
