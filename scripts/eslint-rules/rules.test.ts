import { describe, it } from '@jest/globals';
import { RuleTester } from 'eslint';
import tseslint from 'typescript-eslint';
import { sotto } from './index.mjs';

RuleTester.describe = describe;
RuleTester.it = it;
RuleTester.itOnly = it.only;

const tester = new RuleTester({
  languageOptions: {
    parser: tseslint.parser,
    parserOptions: { ecmaFeatures: { jsx: true } },
  },
});

/** The same verdicts for many pieces of code. */
const judge = (
  rule: Exclude<keyof typeof sotto.rules, 'file-name' | 'no-byte-comparison'>,
  { good, bad, messageId = 'banned' }: { good: string[]; bad: string[]; messageId?: string },
): void => {
  tester.run(rule, sotto.rules[rule], {
    valid: good.map((code) => ({ code, filename: 'file.tsx' })),
    invalid: bad.map((code) => ({ code, filename: 'file.tsx', errors: [{ messageId }] })),
  });
};

judge('no-enum', {
  good: ["type State = 'empty' | 'full';"],
  bad: ['enum State { Empty }', 'const enum State { Empty }', 'export declare enum State { Empty }'],
});

judge('no-interface-prefix', {
  good: ['interface Inbox {}', 'interface IdentityKeyPair {}', 'interface IPAddress {}', 'type IMailbox = 1;'],
  bad: ['interface IMailbox {}'],
});

judge('no-raw-html', {
  good: ['element.textContent = text;', 'const x = <p>{text}</p>;', 'response.write(bytes);'],
  bad: [
    'element.innerHTML = text;',
    "element['outerHTML'] = text;",
    "element.insertAdjacentHTML('beforeend', text);",
    'document.write(text);',
    'const x = <p dangerouslySetInnerHTML={{ __html: text }} />;',
    'const props = { dangerouslySetInnerHTML: { __html: text } };',
    'const x = <iframe srcdoc={text} />;',
    'range.createContextualFragment(text);',
  ],
});

judge('no-math-random', {
  good: ['random.bytes(16);', 'Math.floor(1.5);'],
  bad: ['Math.random();', "Math['random']();", 'const { random } = Math;', 'const roll = Math.random;'],
});

judge('no-ambient-clock', {
  good: ['new Date(timeMs);', 'clock.nowMs();', 'Date.UTC(2026, 0);'],
  bad: ['new Date();', 'Date();', 'Date.now();', "Date['now']();", 'performance.now();', 'process.hrtime.bigint();'],
});

judge('no-literal-ui-text', {
  messageId: 'literal',
  good: [
    "const x = <p>{t('chat.empty')}</p>;",
    'const x = <p class="chat">·  12 / 30</p>;',
    'const x = <button aria-label={t(\'send\')} type="button">→</button>;',
    "const x = <Icon name='send' />;",
    "const x = <p>{count > 1 ? t('many') : t('one')}</p>;",
  ],
  bad: [
    'const x = <p>Hello</p>;',
    'const x = <p>Привет</p>;',
    "const x = <p>{'Hello'}</p>;",
    "const x = <>{busy && 'Sending'}</>;",
    'const x = <p>{`${count} messages`}</p>;',
    "const x = <p>{count + ' messages'}</p>;",
    'const x = <input placeholder="Search" />;',
    "const x = <img alt={'Avatar'} />;",
    "const x = <a title={busy ? 'Wait' : t('go')} />;",
    'const x = <div aria-label="Chats" />;',
  ],
});

judge('docstring', {
  messageId: 'missing',
  good: [
    '/** Opens it. */ export function open(): void {}',
    '/** Opens it. */ export const open = (): void => undefined;',
    'export type Opened = 1;',
    'export const LIMIT = 12;',
    'const open = (): void => undefined; export { open };',
    '/** One. */ export function open(a: string): void; export function open(a: number): void; export function open(): void {}',
  ],
  bad: [
    'export function open(): void {}',
    'export const open = (): void => undefined;',
    'export const open = function (): void {};',
    '// Opens it.\nexport function open(): void {}',
    '/* Opens it. */ export class Opener {}',
  ],
});

const named = (filename: string) => ({ code: 'export const one = 1;', filename });
tester.run('file-name', sotto.rules['file-name'], {
  valid: [
    'mailbox.ts',
    'sealed-sender.test.ts',
    'vite.config.ts',
    '.dependency-cruiser.cjs',
    '1763683200000-create-accounts.ts',
    'preload.cts',
    'ChatList.tsx',
    'ChatList.test.tsx',
    'main.tsx',
  ].map(named),
  invalid: [
    ...['utils.ts', 'http-utils.ts', 'test-helpers.ts', 'helper.ts', 'common.mjs', 'session-manager.ts'].map(
      (name) => ({
        ...named(name),
        errors: [{ messageId: 'vague' }],
      }),
    ),
    ...['mailBox.ts', 'Mailbox.ts', 'mail_box.ts', 'chatList.tsx'].map((name) => ({
      ...named(name),
      errors: [{ messageId: 'form' }],
    })),
  ],
});
