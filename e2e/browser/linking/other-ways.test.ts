/** A device that sees no code by webcam: by picture, pasted text, typed code, the other way round, and by the recovery key alone. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Locator } from 'playwright-core';
import {
  chatWith,
  newMessageId,
  register as registerCore,
  startClientProcess,
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
  finishJoin,
  offer,
  openDevices,
  PASSWORD,
  register,
  saveKit,
  says,
  shownDigits,
  moveTo,
  type Window,
} from './testing/cast.js';

jest.setTimeout(180_000);

const NEW_PASSWORD = 'another-horse-and-its-battery-43';
/** Longer than a device counts as active that could object. */
const AWAY_DAYS = 8;

const executable = chromiumOrReason();

let cast: Cast;
let bob: ClientProcess;
let first: Window;
let recoveryKey = '';

const bobSays = async (text: string): Promise<void> => {
  const { chatId } = await chatWith(bob.core, 'anna');
  await bob.core.call('sendText', { chatId, messageId: newMessageId(), text });
};

const write = async ({ page }: Window, text: string): Promise<void> => {
  await page.getByRole('textbox').last().fill(text);
  await page.keyboard.press('Enter');
};
const openChat = ({ page }: Window): Promise<void> => page.getByRole('option', { name: /bob/ }).click();
const hasHistory = async (window: Window): Promise<void> => {
  await openChat(window);
  await article(window, /from before/).waitFor();
};

/** On a new device: how it is called, and that it is one. */
const beginJoin = async (window: Window, name: string): Promise<void> => {
  await button(window, 'firstRun.linkDevice').click();
  await field(window, 'join.name').fill(name);
};

const pictureOf = async (window: Window, key: string, name: string): Promise<string> => {
  const code = window.page.getByRole('img', { name: window.words[key] ?? '' });
  await code.waitFor();
  const path = cast.file(name);
  await code.screenshot({ path });
  return path;
};
const upload = ({ page }: Window, picture: string): Promise<void> =>
  page.locator('input[type=file]').setInputFiles(picture);

const press = async (window: Window, target: Locator, by = 'Tab'): Promise<void> => {
  await moveTo(window, target, by);
  await window.page.keyboard.press('Enter');
};
const type = async (window: Window, target: Locator, text: string): Promise<void> => {
  await moveTo(window, target);
  await window.page.keyboard.press('ControlOrMeta+a');
  await window.page.keyboard.type(text);
};

beforeAll(async () => {
  if (executable === undefined) return;
  cast = await Cast.start(executable, { reverse: true });
  bob = startClientProcess({ profileFolder: cast.file('bob') });
  await registerCore(bob.core, cast.tap.address, 'bob');
  first = await cast.window('anna');
  await register(first, 'anna');
  recoveryKey = await saveKit(first);
  const { chatId } = await bob.core.call('startChat', { username: 'anna' });
  await bob.core.call('sendText', { chatId, messageId: newMessageId(), text: 'from before' });
  await openChat(first);
  await button(first, 'request.accept').click();
}, 120_000);

afterEach(() => cast.picture(expect.getState().currentTestName ?? ''));

afterAll(async () => {
  if (executable === undefined) return;
  await bob.kill();
  await cast.stop();
});

(executable === undefined ? describe.skip : describe)('a second device without a webcam', () => {
  it('is linked by a picture of the code, after pictures that hold none', async () => {
    const second = await cast.window('picture');
    await beginJoin(second, 'By picture');
    await second.page.screenshot({ path: cast.file('no-code.png') });
    await upload(second, cast.file('no-code.png'));
    await says(second, 'code.seen.none').waitFor();
    await offer(first, 'qr');
    await button(first, 'offer.start').click();
    await upload(second, await pictureOf(first, 'offer.qr', 'code.png'));
    await approveAndJoin(first, second);
    await hasHistory(second);
    await closeDialogs(first);
    await cast.close(second);
  });

  it('is linked by text that was copied, in Russian, once the warning has been shown for half a minute', async () => {
    const second = await cast.window('text', { language: 'ru' });
    await beginJoin(second, 'Текстом');
    await button(second, 'code.paste').click();
    await field(second, 'code.paste.label').fill('https://example.org');
    await button(second, 'code.paste.submit').click();
    await says(second, 'code.seen.foreign').waitFor();

    await offer(first, 'text');
    await says(first, 'offer.textWarning').waitFor();
    await cast.picture('the warning');
    expect(await button(first, 'offer.start').getAttribute('aria-disabled')).toBe('true');
    await says(first, 'offer.textWait').waitFor({ state: 'detached', timeout: 40_000 });
    await button(first, 'offer.start').click();
    const code = await field(first, 'offer.text.label').inputValue();
    await field(second, 'code.paste.label').fill(` ${code}\n`);
    await button(second, 'code.paste.submit').click();
    await approveAndJoin(first, second);
    await hasHistory(second);
    await closeDialogs(first);
    await cast.close(second);
  });

  it('is linked by a typed code, and neither side needs a mouse', async () => {
    const second = await cast.window('hand');
    await press(second, button(second, 'firstRun.linkDevice'));
    await press(second, button(second, 'join.typeCode'));

    await press(first, button(first, 'chats.menu'));
    const entry = first.page.getByRole('menuitem', { name: first.words['chats.settings'] ?? '' });
    await press(first, entry, 'ArrowDown');
    await press(first, button(first, 'settings.devices.open'));
    await press(first, button(first, 'devices.link'));
    await type(first, field(first, 'offer.password'), PASSWORD);
    const way = (name: string): Locator =>
      first.page.getByLabel(first.words[`offer.way.${name}`] ?? '', { exact: true });
    await moveTo(first, way('qr'));
    await moveTo(first, way('manual'), 'ArrowDown');
    await press(first, button(first, 'offer.start'));
    const groups = first.page.getByRole('list', { name: first.words['offer.manual.label'] ?? '' });
    await groups.waitFor();
    const code = await groups.getByRole('listitem').allInnerTexts();
    expect(code.join('')).toHaveLength(24);

    await type(second, field(second, 'firstRun.server.title'), cast.tap.address);
    await type(second, field(second, 'join.name'), 'By hand');
    await type(second, field(second, 'join.manual.label'), 'not a code');
    await second.page.keyboard.press('Enter');
    await second.page.getByRole('alert').first().waitFor();
    await type(second, field(second, 'join.manual.label'), code.join(' ').toLowerCase());
    await second.page.keyboard.press('Enter');
    await type(first, field(first, 'offer.digits'), await shownDigits(second));
    await press(first, button(first, 'offer.link'));
    await press(second, button(second, 'join.join'));
    await says(first, 'offer.linked').waitFor();
    await hasHistory(second);
    await closeDialogs(first);
    await cast.close(second);
  });

  it('is linked the other way round: it shows the code, and the digits are typed on it', async () => {
    const second = await cast.window('reverse', { language: 'ru' });
    await beginJoin(second, 'Без камеры');
    await button(second, 'join.showCode').click();
    await field(second, 'firstRun.server.title').fill(cast.tap.address);
    await button(second, 'offer.start').click();
    const picture = await pictureOf(second, 'join.qr', 'shown.png');
    await offer(first, 'scan');
    await button(first, 'offer.scan').click();
    await upload(first, picture);
    expect(await button(first, 'offer.link').getAttribute('aria-disabled')).toBe('true');
    await field(second, 'join.typing.label').fill(await shownDigits(first));
    await button(second, 'action.continue').click();
    await expect(first.page.getByRole('dialog').innerText()).resolves.toContain('Без камеры');
    await button(first, 'offer.link').click();
    await finishJoin(first, second);
    await says(first, 'history.held').waitFor();
    await openChat(second);
    await closeDialogs(first);
    await write(first, 'to all of my devices');
    await article(second, /to all of my devices/).waitFor();
    await openDevices(first);
    await cast.picture('all devices');
    await closeDialogs(first);
    await cast.close(second);
  });

  it('is the account again by the recovery key, when no device is left', async () => {
    await cast.close(first);
    await cast.sleep(AWAY_DAYS);
    const only = await cast.window('recovered', { days: AWAY_DAYS });
    await button(only, 'firstRun.recover').click();
    await button(only, 'action.continue').click();
    const key = field(only, 'recover.key');
    await field(only, 'recover.newPassword').fill(NEW_PASSWORD);
    await key.fill(recoveryKey.replace(/.$/, (last) => (last === '0' ? '1' : '0')));
    await button(only, 'recover.submit').click();
    await only.page.getByRole('alert').first().waitFor();
    await key.fill(recoveryKey.toLowerCase());
    await button(only, 'recover.submit').click();
    await only.page.getByRole('button', { name: only.words['chats.menu'] ?? '' }).waitFor();
    await bobSays('are you still there?');
    await openChat(only);
    await article(only, /are you still there\?/).waitFor();
    expect([...first.faults, ...only.faults]).toEqual([]);
  });
});
