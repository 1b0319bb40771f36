import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { fireEvent, screen } from '@testing-library/preact';
import { BridgeError, LinkEnd, UnixMsValue, type LinkOfferView } from '@sotto/client/bridge';
import { fillBrowserGaps } from '../../testing/browser-gaps.js';
import { LINK_CODE } from '../../testing/fake-own.js';
import { byRole, change, click, plainText, renderApp, type } from '../../testing/render-app.js';
import { TEST_NOW } from '../../testing/test-app.js';

beforeEach(() => {
  fillBrowserGaps();
  jest.useFakeTimers({ now: TEST_NOW });
});
afterEach(() => void jest.useRealTimers());

const dialog = (): HTMLElement | null => document.querySelector('dialog');
const soon = UnixMsValue.parse(TEST_NOW + 60_000);
const CONFIRMING: LinkOfferView = {
  state: 'confirming',
  deviceName: 'Old phone',
  system: 'Linux',
  digits: { kind: 'type' },
  contested: false,
  history: { messages: 21 },
  endsAt: soon,
};

const open = async () => {
  const test = await renderApp();
  await change(() => (test.app.dialog.value = 'linkDevice'));
  return test;
};
const start = async (way?: string) => {
  const test = await open();
  await type('Password', 'right password');
  if (way !== undefined) await click('radio', way);
  return test;
};
const lastCall = ({ core }: Awaited<ReturnType<typeof open>>) => core.calls.at(-1);

describe('offering a link', () => {
  it('asks for a code of the second factor only where the server does, and sends it along', async () => {
    const test = await open();
    expect(screen.queryByLabelText('Code of your authenticator')).toBeNull();
    await type('Password', 'right password');
    test.core.fail('startLinkOffer', new BridgeError('secondFactorRequired'));
    await click('button', 'Show code');
    expect(document.activeElement).toBe(screen.getByLabelText('Code of your authenticator'));
    expect(plainText(screen.getByRole('alert'))).toContain('second factor');
    test.core.fail('startLinkOffer', new BridgeError('wrongSecondFactor'));
    await type('Code of your authenticator', '000000');
    await click('button', 'Show code');
    expect(plainText(screen.getByRole('alert'))).toContain('not right');
    test.core.fail('startLinkOffer');
    await type('Code of your authenticator', ' 123456 ');
    await click('button', 'Show code');
    expect(test.core.calls.findLast(({ method }) => method === 'startLinkOffer')?.params).toMatchObject({
      password: 'right password',
      secondFactor: '123456',
    });
  });

  it('asks for the password first, and keeps a wrong one for correction', async () => {
    await open();
    expect(document.activeElement).toBe(screen.getByLabelText('Password'));
    expect(byRole('button', 'Show code').getAttribute('aria-disabled')).toBe('true');
    await type('Password', 'wrong');
    await click('button', 'Show code');
    expect(plainText(screen.getByRole('alert'))).toContain('do not fit together');
    expect(screen.queryByRole('img')).toBeNull();
  });

  it('shows a QR code with the time until the next, and hides it from a window that nobody looks at', async () => {
    const { attending } = await start();
    await click('button', 'Show code');
    expect(byRole('img', 'QR code to link a device').querySelector('path')?.getAttribute('d')).toMatch(/^M4 4h7v1/);
    expect(plainText(document.querySelector('.countdown'))).toBe('New code in 1:00');
    await change(() => (attending.value = false));
    expect(screen.queryByRole('img')).toBeNull();
    expect(plainText(dialog())).toContain('Code hidden');
    await change(() => (attending.value = true));
    expect(byRole('img', 'QR code to link a device')).toBeTruthy();
  });

  it('says the time aloud at 30 and at 10 seconds alone', async () => {
    await start();
    await click('button', 'Show code');
    const spoken = (): string => plainText(document.querySelector('.countdown + [role=status]'));
    const heard = new Set<string>();
    for (let second = 0; second < 60; second += 1) {
      await change(() => jest.advanceTimersByTime(1_000));
      heard.add(spoken());
    }
    expect([...heard].filter((words) => words !== '')).toEqual(['New code in 0:30', 'New code in 0:10']);
  });

  it('keeps the code out of the title of the page', async () => {
    await start();
    await click('button', 'Show code');
    expect(document.title).toBe('Sotto');
  });

  it('shows a code to type in groups of four', async () => {
    await start('Show a code to type, 24 characters');
    await click('button', 'Show code');
    expect([...document.querySelectorAll('.code-groups li')].map(plainText)).toEqual([
      '0123',
      '4567',
      '89AB',
      'CDEF',
      'GHJK',
      'MNPQ',
    ]);
  });

  it('gives the text only after a red warning and half a minute', async () => {
    const { core, copied } = await start('Copy it as text');
    expect(plainText(screen.getByRole('alert'))).toContain('Only if the device is yours and beside you');
    await click('button', 'Show code');
    await change(() => jest.advanceTimersByTime(29_000));
    await click('button', 'Show code');
    expect(core.calls.map(({ method }) => method)).not.toContain('startLinkOffer');
    await change(() => jest.advanceTimersByTime(2_000));
    await click('button', 'Show code');
    await click('button', 'Copy');
    expect(copied).toEqual([LINK_CODE]);
  });

  it('scans the code of the new device in the other direction', async () => {
    const test = await start('Scan the code that the new device shows');
    await click('button', 'Continue');
    await click('button', 'Paste');
    await type('Paste the code, or a picture of it', LINK_CODE);
    await click('button', 'Continue');
    expect(lastCall(test)).toEqual({
      method: 'scanNewDevice',
      params: { password: 'right password', code: LINK_CODE, history: true },
    });
    expect(plainText(dialog())).toContain('The new device has answered');
  });

  it('goes back to the password where that or the second factor was wrong, not the code that was scanned', async () => {
    const test = await start('Scan the code that the new device shows');
    test.core.fail('scanNewDevice', new BridgeError('secondFactorRequired'));
    await click('button', 'Continue');
    await click('button', 'Paste');
    await type('Paste the code, or a picture of it', LINK_CODE);
    await click('button', 'Continue');
    await type('Code of your authenticator', '123456');
    test.core.fail('scanNewDevice');
    await click('button', 'Continue');
    await click('button', 'Paste');
    await type('Paste the code, or a picture of it', LINK_CODE);
    await click('button', 'Continue');
    expect(lastCall(test)?.params).toMatchObject({ password: 'right password', secondFactor: '123456' });
  });

  it('leaves the history out where it is not wanted', async () => {
    const test = await start();
    await click('checkbox', 'Send the history too');
    await click('button', 'Show code');
    expect(lastCall(test)?.params).toMatchObject({ mode: 'qr', history: false });
  });

  it('ends what is shown when it is closed', async () => {
    const test = await start();
    await click('button', 'Show code');
    await click('button', 'Close');
    expect([lastCall(test)?.method, dialog()]).toEqual(['closeLinkOffer', null]);
  });
});

describe('confirming a device', () => {
  const confirm = async (changes: Partial<typeof CONFIRMING> = {}) => {
    const test = await open();
    await change(() => test.core.setOffer({ ...CONFIRMING, ...changes }));
    return test;
  };

  it('says who asks and what it gets, with the focus on the digits and no default', async () => {
    await confirm();
    expect(byRole('dialog', 'Link Old phone?')).toBeTruthy();
    expect(plainText(dialog())).toContain('Gets your keys, contacts, settings and 21 messages');
    expect(document.activeElement).toBe(screen.getByLabelText('6 digits from the new device'));
    expect(dialog()?.querySelector('.button-primary')).toBeNull();
  });

  it('links by six digits, however they are spaced, and by no fewer', async () => {
    const test = await confirm();
    await type('6 digits from the new device', '48291');
    await change(() => fireEvent.submit(document.querySelector('form')!));
    expect(test.core.calls.map(({ method }) => method)).not.toContain('approveLink');
    await type('6 digits from the new device', '482 917');
    await click('button', 'Link');
    expect(lastCall(test)).toEqual({ method: 'approveLink', params: { digits: '482917' } });
    expect(plainText(dialog())).toContain('Old phone is joining');
  });

  it('refuses with one press', async () => {
    const test = await confirm();
    await click('button', 'Not me');
    expect(lastCall(test)?.method).toBe('refuseLink');
    expect(plainText(screen.getByRole('alert'))).toBe('Nothing was shared. Not you? Change your password');
  });

  it('warns where another device claims the code', async () => {
    await confirm({ contested: true });
    expect(plainText(screen.getByRole('alert'))).toContain('Another device says that this code was meant for it');
  });

  it('shows digits in the other direction, and approves only what was typed there', async () => {
    const test = await confirm({ digits: { kind: 'show', value: '482917', typed: false } });
    expect(byRole('img', 'Digits: 4 8 2 9 1 7')).toBeTruthy();
    await click('button', 'Link');
    expect(test.core.calls.map(({ method }) => method)).not.toContain('approveLink');
    await change(() => test.core.setOffer({ ...CONFIRMING, digits: { kind: 'show', value: '482917', typed: true } }));
    await click('button', 'Link');
    expect(lastCall(test)).toEqual({ method: 'approveLink', params: {} });
  });
});

describe('the end of a link', () => {
  it('shows the same progress as the new device, and tries a history again that failed', async () => {
    const test = await open();
    const linked = (state: 'running' | 'failed' | 'finished'): LinkOfferView => ({
      state: 'linked',
      deviceName: 'Old phone',
      history: { done: 3, total: 21, state },
    });
    await change(() => test.core.setOffer(linked('running')));
    expect(byRole('progressbar', 'History: 3 of 21').getAttribute('value')).toBe('3');
    await change(() => test.core.setOffer(linked('failed')));
    await click('button', 'Try again');
    expect(lastCall(test)?.method).toBe('retryHistory');
    await change(() => test.core.setOffer(linked('finished')));
    expect(plainText(dialog())).toContain('History complete');
  });

  it.each(LinkEnd.options)('has words and a way on for %s', async (reason) => {
    const test = await open();
    await change(() => test.core.setOffer({ state: 'ended', reason }));
    expect(plainText(screen.getByRole('alert')).length).toBeGreaterThan(25);
    await click('button', 'New code');
    expect(screen.getByLabelText('Password')).toBeTruthy();
  });

  it('says why the core would not', async () => {
    const test = await start();
    test.core.fail('startLinkOffer', new BridgeError('kitUnconfirmed'));
    await click('button', 'Show code');
    expect(plainText(screen.getByRole('alert'))).toContain('The recovery key has not been saved yet');
  });
});
