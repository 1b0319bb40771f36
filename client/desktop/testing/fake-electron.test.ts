import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { createFakeElectron } from './fake-electron.js';
import { FakeMessagePortMain } from './fake-ports.js';
import { FakeUtilityProcess } from './fake-utility-process.js';

// The fake must not offer, and so no code of ours can lean on, what Electron does not have.

const require = createRequire(import.meta.url);
const DECLARATIONS = join(dirname(require.resolve('electron/package.json')), 'electron.d.ts');

interface Declared {
  readonly isFunction: boolean;
  /** How many arguments it takes at most, over all of its overloads. */
  readonly most: number;
}

/** What `electron.d.ts` says of a type: its members, and the events that may be listened for. */
interface DeclaredType {
  readonly members: ReadonlyMap<string, Declared>;
  readonly events: ReadonlySet<string>;
}

const readDeclarations = () => {
  const program = ts.createProgram([DECLARATIONS], {
    noEmit: true,
    skipLibCheck: true,
    types: [],
    lib: ['lib.es2023.d.ts'],
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(DECLARATIONS);
  if (source === undefined) throw new Error('electron.d.ts is not there');
  const namespace = checker.getSymbolsInScope(source, ts.SymbolFlags.Namespace).find(({ name }) => name === 'Electron');
  const scope = (name: string): ts.Symbol => {
    const found = namespace && checker.getExportsOfModule(namespace).find((symbol) => symbol.name === name);
    if (found === undefined) throw new Error(`Electron has no ${name}`);
    return found;
  };
  const describeType = (type: ts.Type): DeclaredType => {
    const members = new Map<string, Declared>();
    const events = new Set<string>();
    for (const symbol of type.getProperties()) {
      const signatures = checker.getTypeOfSymbolAtLocation(symbol, source).getCallSignatures();
      const most = Math.max(0, ...signatures.map(({ parameters }) => parameters.length));
      members.set(symbol.name, { isFunction: signatures.length > 0, most });
      if (symbol.name !== 'on') continue;
      for (const [event] of signatures.map(({ parameters }) => parameters)) {
        const literal = event && checker.getTypeOfSymbolAtLocation(event, source);
        if (literal?.isStringLiteral() === true) events.add(literal.value);
      }
    }
    return { members, events };
  };
  return {
    /** The objects that `electron` exports. */
    exports: () => {
      const common = scope('CrossProcessExports');
      return new Set(checker.getExportsOfModule(common).map(({ name }) => name));
    },
    instance: (name: string): DeclaredType => describeType(checker.getDeclaredTypeOfSymbol(scope(name))),
    statics: (name: string): DeclaredType => describeType(checker.getTypeOfSymbolAtLocation(scope(name), source)),
  };
};

/** The public members of an object, its classes' too, but not what every emitter has. */
const membersOf = (object: object): Map<string, unknown> => {
  const members = new Map<string, unknown>();
  for (let level: object | null = object; level !== null; level = Object.getPrototypeOf(level) as object | null) {
    if (level === Object.prototype || level === EventEmitter.prototype || level === Function.prototype) break;
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level)))
      if (!name.startsWith('_') && !members.has(name) && name !== 'constructor') members.set(name, value);
  }
  return members;
};

const problemsOf = (name: string, object: object, { members }: DeclaredType): string[] =>
  [...membersOf(object)].flatMap(([member, value]) => {
    const declared = members.get(member);
    if (declared === undefined) return [`${name}.${member} is not in electron.d.ts`];
    if (value !== undefined && (typeof value === 'function') !== declared.isFunction)
      return [`${name}.${member} is of another kind`];
    if (typeof value === 'function' && value.length > declared.most)
      return [`${name}.${member} takes more arguments than it is given`];
    return [];
  });

let declarations: ReturnType<typeof readDeclarations>;
beforeAll(() => {
  declarations = readDeclarations();
});

const { electron, app, windows, life } = createFakeElectron();
life.becomeReady();
const window = new electron.BrowserWindow();
const { port1 } = new electron.MessageChannelMain();

const parts: readonly (readonly [name: string, object: object])[] = [
  ['App', app],
  ['BrowserWindow', window],
  ['IpcMain', electron.ipcMain],
  ['MessageChannelMain', new electron.MessageChannelMain()],
  ['MessagePortMain', port1],
  ['NativeTheme', electron.nativeTheme],
  ['Protocol', electron.protocol],
  ['SafeStorage', electron.safeStorage],
  ['Screen', electron.screen],
  ['Session', electron.session.defaultSession],
  ['Shell', electron.shell],
  ['WebContents', window.webContents],
  ['WebRequest', electron.session.defaultSession.webRequest],
];

describe('the fake of Electron', () => {
  it('exports nothing that Electron does not export', () => {
    const exported = declarations.exports();
    expect(Object.keys(electron).filter((name) => !exported.has(name))).toEqual([]);
  });

  it.each(parts)('%s has no member that Electron lacks, and each of its kind', (name, object) => {
    expect(membersOf(object).size + Number(object instanceof EventEmitter)).toBeGreaterThan(0);
    expect(problemsOf(name, object, declarations.instance(name))).toEqual([]);
  });

  it.each([
    ['UtilityProcess', FakeUtilityProcess.prototype],
    ['MessagePortMain', FakeMessagePortMain.prototype],
  ] as const)('instances of %s are as Electron has them', (name, prototype) => {
    expect(problemsOf(name, prototype, declarations.instance(name))).toEqual([]);
  });

  it.each([
    ['Menu', 'Menu'],
    ['utilityProcess', 'UtilityProcess'],
  ] as const)('%s has the functions of the class', (exported, name) => {
    expect(problemsOf(name, electron[exported], declarations.statics(name))).toEqual([]);
  });

  it.each([
    [
      'App',
      [
        'ready',
        'before-quit',
        'will-quit',
        'quit',
        'window-all-closed',
        'second-instance',
        'activate',
        'web-contents-created',
      ],
    ],
    ['BrowserWindow', ['ready-to-show', 'closed']],
    ['WebContents', ['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview']],
    ['Session', ['will-download']],
    ['MessagePortMain', ['message', 'close']],
    ['UtilityProcess', ['spawn', 'exit', 'message']],
    ['ParentPort', ['message']],
  ] as const)('%s knows the events that the fake and the program speak of', (name, events) => {
    const known = declarations.instance(name).events;
    expect(events.filter((event) => !known.has(event))).toEqual([]);
  });

  it('would be told of a member that does not exist', () => {
    const invented = { quit: 1, fly: () => undefined, exit: (_a: number, _b: number) => undefined };
    expect(problemsOf('App', invented, declarations.instance('App'))).toEqual([
      'App.quit is of another kind',
      'App.fly is not in electron.d.ts',
      'App.exit takes more arguments than it is given',
    ]);
  });

  it('keeps a window only while it is open', () => {
    expect(windows.size).toBe(1);
    for (const open of windows) open.close();
    expect([windows.size, window.isDestroyed()]).toEqual([0, true]);
  });
});
