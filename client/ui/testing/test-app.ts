import { signal } from '@preact/signals';
import { MessageIdValue } from '@sotto/client/bridge';
import type { CameraTrouble } from '../model/code-reader.js';
import { createApp, type App, type LinkState, type Surroundings } from '../model/app.js';
import { loadPreferences } from '../model/preferences.js';
import { createFakeCore, idOf, type FakeCore, type FakeCoreOptions } from './fake-core.js';

export interface TestApp {
  readonly app: App;
  readonly core: FakeCore;
  readonly link: { value: LinkState };
  readonly unprotected: { value: boolean };
  readonly attending: { value: boolean };
  readonly now: { value: number };
  readonly copied: string[];
  /** Files that were given to the person. */
  readonly saved: { readonly name: string; readonly content: Blob }[];
  readonly printed: { count: number };
  /** What is to be seen in pictures and by the camera. */
  readonly eyes: { texts: readonly string[] | undefined; camera: CameraTrouble | undefined };
}

/** 2026-03-12, 12:40 local time. */
export const TEST_NOW = new Date(2026, 2, 12, 12, 40).getTime();

/** Lets everything that is ready to happen happen, without a timer. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

export const createTestApp = (
  options: FakeCoreOptions & { readonly core?: FakeCore; readonly keyboard?: Surroundings['keyboard'] } = {},
): TestApp => {
  const core = options.core ?? createFakeCore({ now: () => TEST_NOW, ...options });
  const link = signal<LinkState>('open');
  const unprotected = signal(false);
  const attending = signal(true);
  const now = signal(TEST_NOW);
  const copied: string[] = [];
  const saved: { name: string; content: Blob }[] = [];
  const printed = { count: 0 };
  const eyes: TestApp['eyes'] = { texts: [], camera: undefined };
  const kept = new Map<string, string>();
  let nextMessage = 0xf000;
  const app = createApp({
    link: { core, state: link, defaultServer: signal('https://chat.example.org'), unprotected },
    preferences: loadPreferences({
      getItem: (name) => kept.get(name) ?? null,
      setItem: (name, value) => void kept.set(name, value),
    }),
    systemLanguages: ['en-US'],
    keyboard: options.keyboard ?? 'windowsOrLinux',
    attending,
    now,
    newMessageId: () => MessageIdValue.parse(idOf(nextMessage++)),
    copy: async (text) => copied.push(text) > 0,
    codeReader: {
      readPicture: async () => eyes.texts,
      readFrame: async () => eyes.texts ?? [],
      openCamera: async () => eyes.camera ?? ({ getTracks: () => [] } as Partial<MediaStream> as MediaStream),
    },
    saveFile: (name, content) => void saved.push({ name, content }),
    print: () => void (printed.count += 1),
    deviceName: 'Linux, Sotto',
  });
  return { app, core, link, unprotected, attending, now, copied, saved, printed, eyes };
};
