import { beforeEach, describe, expect, it } from '@jest/globals';
import { fireEvent, screen } from '@testing-library/preact';
import { LinkEnd, UnixMsValue, UsernameValue } from '@sotto/client/bridge';
import { fillBrowserGaps } from '../../testing/browser-gaps.js';
import { LINK_CODE } from '../../testing/fake-own.js';
import { byRole, change, click, plainText, renderApp, type } from '../../testing/render-app.js';
import { TEST_NOW } from '../../testing/test-app.js';

beforeEach(() => fillBrowserGaps());

const soon = UnixMsValue.parse(Date.now() + 60_000);
const open = async () => {
  const test = await renderApp({ phase: 'noAccount' });
  await click('button', 'Link device');
  return test;
};
const alertText = (): string => plainText(screen.getByRole('alert'));
const picture = new File(['x'], 'code.png', { type: 'image/png' });
const chooseFile = (file: File): Promise<void> =>
  change(() =>
    fireEvent.change(document.querySelector<HTMLElement>('input[type=file]')!, {
      target: { files: [file], value: '' },
    }),
  );

describe('a new device', () => {
  it('has a name before it joins', async () => {
    const { core } = await open();
    expect(byRole('heading', 'This is a new device')).toBe(document.activeElement);
    expect(screen.getByLabelText<HTMLInputElement>('Name of this device').value).toBe('Linux, Sotto');
    await type('Name of this device', 'Kitchen');
    await click('button', 'Paste');
    await type('Paste the code, or a picture of it', ` ${LINK_CODE}\n`);
    await click('button', 'Continue');
    expect(core.calls.at(-1)).toEqual({ method: 'joinByCode', params: { code: LINK_CODE, deviceName: 'Kitchen' } });
    expect(plainText(screen.getAllByRole('status')[0] ?? null)).toBe('Connecting to chat.example.org');
  });

  it('reads the code from a picture, a pasted one too', async () => {
    const { eyes, core } = await open();
    eyes.texts = ['https://example.org', LINK_CODE];
    await chooseFile(picture);
    expect(core.calls.at(-1)?.params).toMatchObject({ code: LINK_CODE });
    await click('button', 'Cancel');
    await click('button', 'Paste');
    await change(() =>
      fireEvent.paste(screen.getByLabelText('Paste the code, or a picture of it'), {
        clipboardData: { files: [picture] },
      }),
    );
    expect(core.calls.at(-1)?.params).toMatchObject({ code: LINK_CODE });
  });

  it('reads the code that the camera sees', async () => {
    const { eyes, core } = await open();
    eyes.texts = [LINK_CODE];
    await click('button', 'Camera');
    expect(core.calls.at(-1)?.method).toBe('joinByCode');
  });

  it.each([
    [[], 'no code in this picture'],
    [['https://example.org'], 'not from Sotto'],
    [[LINK_CODE, LINK_CODE.replace('0', '1')], 'several linking codes'],
    [undefined, 'no picture'],
  ])('says of a picture with %j what is wrong', async (texts, words) => {
    const { eyes, core } = await open();
    eyes.texts = texts;
    await chooseFile(picture);
    expect(alertText()).toContain(words);
    expect(core.calls.map(({ method }) => method)).not.toContain('joinByCode');
  });

  it.each([
    ['denied', 'No camera access'],
    ['missing', 'No camera was found'],
  ] as const)('names the next ways where the camera is %s', async (trouble, words) => {
    const { eyes } = await open();
    eyes.camera = trouble;
    await click('button', 'Camera');
    expect(alertText()).toContain(words);
    for (const way of ['Image', 'Paste', 'Type code', 'Recovery key', 'Backup (data only)'])
      expect(byRole('button', way)).toBeTruthy();
  });

  it('types a code, with the address that no code of this kind has', async () => {
    const { core } = await open();
    await click('button', 'Type code');
    expect(document.activeElement).toBe(screen.getByLabelText('Code, 24 characters'));
    await type('Code, 24 characters', '0123');
    await click('button', 'Continue');
    expect(alertText()).toContain('not a linking code');
    await type('Code, 24 characters', '0123 4567 89AB CDEF GHJK MNPQ');
    await click('button', 'Continue');
    expect(core.calls.at(-1)?.params).toEqual({
      address: 'https://chat.example.org',
      code: '0123 4567 89AB CDEF GHJK MNPQ',
      deviceName: 'Linux, Sotto',
    });
  });

  it('shows a code itself in the other direction, and takes the digits', async () => {
    const { core } = await open();
    await click('button', 'Show a code on this device');
    await click('button', 'Show code');
    expect(byRole('img', 'QR code of this device')).toBeTruthy();
    await change(() => core.setJoin({ state: 'typing', host: 'chat.example.org', endsAt: soon }));
    await type('6 digits from the other device', '482917');
    await click('button', 'Continue');
    expect(core.calls.at(-1)).toEqual({ method: 'typeJoinDigits', params: { digits: '482917' } });
  });

  it('says that a backup holds data only', async () => {
    await open();
    await click('button', 'Backup (data only)');
    expect(byRole('heading', 'A backup holds data only')).toBe(document.activeElement);
  });
});

describe('joining', () => {
  it('shows six digits, spoken one by one', async () => {
    const { core } = await open();
    await change(() => core.setJoin({ state: 'digits', host: 'chat.example.org', digits: '482917', endsAt: soon }));
    expect(plainText(byRole('img', 'Digits: 4 8 2 9 1 7'))).toBe('482 917');
    expect(document.title).toBe('Sotto');
  });

  it('asks whose account it is, without a default', async () => {
    const { core } = await open();
    await change(() =>
      core.setJoin({
        state: 'asking',
        host: 'chat.example.org',
        username: UsernameValue.parse('alice'),
        fingerprint: '3f2a 91c0',
        endsAt: soon,
      }),
    );
    expect(byRole('heading', 'Join @alice on chat.example.org?')).toBe(document.activeElement);
    expect(document.querySelector('.button-primary')).toBeNull();
    await click('button', 'Join');
    expect(plainText(screen.getAllByRole('status')[0] ?? null)).toBe('Joining @alice on chat.example.org');
  });

  it('leaves an account that is not theirs', async () => {
    const { core } = await open();
    const username = UsernameValue.parse('mallory');
    await change(() =>
      core.setJoin({ state: 'asking', host: 'evil.example', username, fingerprint: '3f2a', endsAt: soon }),
    );
    await click('button', 'Not my account');
    expect(core.calls.at(-1)?.method).toBe('closeJoin');
  });

  it('is found again by a window that is opened meanwhile', async () => {
    const { core, app } = await open();
    await change(() => core.setJoin({ state: 'connecting', host: 'chat.example.org' }));
    await renderApp({ core });
    expect(plainText(screen.getAllByRole('status')[0] ?? null)).toBe('Connecting to chat.example.org');
    expect(app.screen.value).toBe('firstRun');
  });

  it.each(LinkEnd.options)('that ended by %s names the next ways', async (reason) => {
    const { core, app } = await open();
    await change(() => core.setJoin({ state: 'ended', reason }));
    expect(alertText().length).toBeGreaterThan(25);
    for (const way of ['New code', 'Type code', 'Recovery key', 'Backup (data only)'])
      expect(byRole('button', way)).toBeTruthy();
    await click('button', 'Type code');
    expect([core.calls.at(-1)?.method, app.firstRun.step.value]).toEqual(['closeJoin', 'joinManual']);
  });
});

describe('recovering an account', () => {
  const recover = async () => {
    const test = await renderApp({ phase: 'noAccount', now: () => TEST_NOW });
    await click('button', 'Recover');
    await click('button', 'Continue');
    return test;
  };
  const fill = async (key: string, password: string, known = ''): Promise<void> => {
    await type('Recovery key', key);
    await type('New password', password);
    await type('Password until now (optional)', known);
    await click('button', 'Recover');
  };
  const KEY = 'ABCD EFGH JKMN PQRS TVWX';

  it.each([
    [['ABCD', 'four unrelated words', ''], 'Recovery key', 'This is not a recovery key'],
    [[`${KEY} ?`, 'four unrelated words', ''], 'Recovery key', 'Group 4 is mistyped'],
    [[KEY, 'short', ''], 'New password', 'Use at least 10 characters'],
    [[KEY, 'four unrelated words', 'wrong'], 'Password until now (optional)', 'do not fit together'],
  ] as const)('says at the field what is wrong with %j', async (typed, label, words) => {
    await recover();
    const [key = '', password = '', known = ''] = typed;
    await fill(key, password, known);
    const field = screen.getByLabelText(label);
    expect(field.getAttribute('aria-invalid')).toBe('true');
    expect(alertText()).toContain(words);
  });

  it('waits where another device may object, goes on, and can be left', async () => {
    const { core } = await recover();
    await fill(KEY, 'four unrelated words');
    expect(core.calls.find(({ method }) => method === 'recover')?.params).toEqual({
      address: 'https://chat.example.org',
      key: KEY,
      newPassword: 'four unrelated words',
      deviceName: 'Linux, Sotto',
    });
    expect(plainText(screen.getByRole('heading'))).toContain('@alice: waiting until Mar 13');
    await click('button', 'Try now');
    expect(core.calls.at(-1)?.method).toBe('continueRecovery');
    await click('button', 'Cancel');
    expect(screen.getByLabelText<HTMLInputElement>('Recovery key').value).toBe('');
  });

  it('says that somebody has objected', async () => {
    const { core } = await recover();
    await change(() => core.setRecovery({ state: 'vetoed', username: UsernameValue.parse('alice') }));
    expect(byRole('heading', 'Another device has objected')).toBe(document.activeElement);
    await click('button', 'Begin anew');
    expect(screen.getByLabelText('Recovery key')).toBeTruthy();
  });
});
