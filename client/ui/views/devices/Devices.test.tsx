import { beforeEach, describe, expect, it } from '@jest/globals';
import { screen } from '@testing-library/preact';
import { BridgeError } from '@sotto/client/bridge';
import { fillBrowserGaps } from '../../testing/browser-gaps.js';
import { fakeDevice } from '../../testing/fake-own.js';
import { byRole, change, click, plainText, renderApp, type } from '../../testing/render-app.js';

beforeEach(() => fillBrowserGaps());

const open = async () => {
  const test = await renderApp();
  await change(() => test.core.setDevices([fakeDevice(1), fakeDevice(2, { name: 'Old phone' })]));
  await click('button', 'Menu');
  await click('menuitem', 'Settings');
  await click('button', 'Devices');
  return test;
};
const rows = (): string[] => [...document.querySelectorAll('.device')].map(plainText);
const banner = (): string => plainText(document.querySelector('.banner'));

describe('the list of devices', () => {
  it('tells this device from the others, with the dates of each', async () => {
    await open();
    expect(byRole('list', 'Your devices').children).toHaveLength(2);
    expect(rows()[0]).toContain('This device');
    expect(rows()[1]).toMatch(/^Old phoneLinux · Can link othersLinked .+ · Last seen .+/);
  });

  it('says what it does not know', async () => {
    const { core } = await open();
    const { lastSeenAt: _, ...unseen } = fakeDevice(2, { name: '', unacknowledged: true });
    await change(() => core.setDevices([fakeDevice(1), unseen], { alarm: true }));
    expect(rows()[1]).toContain('Unnamed deviceNot confirmed by you');
    expect(rows()[1]).toContain('Last seen: not known now');
    expect(plainText(screen.getByRole('alert'))).toContain('two different lists of your devices');
  });

  it('says why another cannot be linked', async () => {
    const { core, app } = await open();
    await change(() => core.setDevices([fakeDevice(1), fakeDevice(2)], { limit: 2 }));
    expect(byRole('button', 'Link a device').title).toBe('2 devices are the most here. Unlink one');
    await click('button', 'Link a device');
    expect(app.dialog.value).toBe('devices');
  });

  it('says why it cannot be had', async () => {
    const { core, app } = await renderApp();
    core.fail('listDevices', new BridgeError('serverAway'));
    await change(() => (app.dialog.value = 'devices'));
    expect(plainText(screen.getByRole('alert'))).toContain('does not answer');
  });
});

describe('one device', () => {
  it('is renamed', async () => {
    const { core } = await open();
    await click('button', 'Manage Old phone');
    await type('Device name', ' Phone ');
    await click('button', 'Save name');
    expect(core.calls.at(-1)?.params).toMatchObject({ name: 'Phone' });
    expect(byRole('dialog', 'Phone')).toBeTruthy();
    await click('button', 'Back');
    expect(rows()[1]).toMatch(/^Phone/);
  });

  it('is unlinked by the password, after the consequences', async () => {
    await open();
    await click('button', 'Manage Old phone');
    expect(plainText(document.querySelector('dialog'))).toContain('What it has already stored stays on it.');
    await type('Password', 'wrong');
    await click('button', 'Unlink');
    expect(plainText(screen.getByRole('alert'))).toContain('do not fit together');
    await type('Password', 'right password');
    await click('button', 'Unlink');
    expect(rows()).toHaveLength(1);
    expect(plainText(document.querySelector('.toast'))).toBe('The device is unlinked');
  });

  it('cannot be unlinked from itself', async () => {
    await open();
    await click('button', 'Manage Device 1');
    expect(screen.queryByLabelText('Password')).toBeNull();
  });

  it('signs the others out by the password', async () => {
    const { core } = await open();
    await click('button', 'Sign out others');
    await type('Password', 'right password');
    await click('button', 'Sign out others');
    expect(core.calls.at(-1)).toEqual({ method: 'signOutOthers', params: { password: 'right password' } });
    expect(plainText(document.querySelector('.toast'))).toBe('Other devices are signed out');
  });
});

describe('a new device', () => {
  const appear = async () => {
    const test = await renderApp();
    await change(() => test.core.setDevices([fakeDevice(1), fakeDevice(2, { name: 'Thief', unacknowledged: true })]));
    return test;
  };

  it('is told of until somebody knows it', async () => {
    const { core } = await appear();
    expect(banner()).toContain('New device: Thief');
    await change(() => core.connect({ state: 'online' }));
    expect(banner()).toContain('New device: Thief');
    await click('button', 'It’s me');
    expect(core.calls.at(-1)?.method).toBe('acknowledgeDevice');
    expect(document.querySelector('.banner')).toBeNull();
  });

  it('is unlinked from the same place', async () => {
    await appear();
    await click('button', 'Unlink');
    expect(byRole('dialog', 'Thief')).toBeTruthy();
  });
});

describe('the history', () => {
  it('is told of while it arrives, and is tried again where it failed', async () => {
    const { core } = await renderApp();
    await change(() => core.setHistory({ done: 3, total: 1_240, state: 'running' }));
    expect(banner()).toBe('You can write now. History: 3 of 1,240');
    await change(() => core.setHistory({ done: 3, total: 1_240, state: 'failed' }));
    await click('button', 'Try again');
    expect(core.calls.at(-1)?.method).toBe('retryHistory');
    await change(() => core.setHistory({ done: 1_240, total: 1_240, state: 'finished' }));
    expect(document.querySelector('.banner')).toBeNull();
  });
});

describe('blocking', () => {
  it('is done and undone from the chat', async () => {
    const { app, core } = await renderApp();
    const chatId = core.addChat('mallory');
    await change(() => undefined);
    await change(() => app.chats.show(chatId));
    await click('button', 'Chat menu');
    await click('menuitem', 'Block');
    expect(core.calls.at(-1)).toEqual({ method: 'setBlocked', params: { chatId, blocked: true } });
    expect(banner()).toContain('mallory is blocked');
    await click('button', 'Unblock');
    expect(document.querySelector('.banner')).toBeNull();
  });
});
