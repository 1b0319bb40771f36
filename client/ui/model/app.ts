import { computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { CoreApi, ParamsOf } from '@sotto/client/bridge';
import { createTranslator, localeFor, type Translator } from '../i18n/translator.js';
import { matchLanguage } from '../i18n/catalogue.js';
import { createAccountPage, type AccountPage } from './account-page.js';
import { createAnnouncer, type Announcement } from './announcer.js';
import { createChats, type Chats } from './chats.js';
import { createConnectionNotice, type ConnectionNotice } from './connection-notice.js';
import type { CodeReader } from './code-reader.js';
import { createCoreState, type CoreState } from './core-state.js';
import { createFirstRun, type FirstRun } from './first-run.js';
import { createLinking, type Linking } from './linking.js';
import { createOwnDevices, type OwnDevices } from './own-devices.js';
import type { Preferences } from './preferences.js';
import { createRecovery, type Recovery } from './recovery.js';
import type { KeyboardStyle } from './shortcuts.js';
import { createSearch, type Search } from './search.js';
import { createSubmission, type Submission } from './submission.js';
import type { MessageId } from './timeline.js';
import { createToasts, type Toasts } from './toast.js';

/** The road to the core: `broken` heals by itself, `refused` does not. */
export type LinkState = 'connecting' | 'open' | 'broken' | 'refused';

export interface CoreLink {
  readonly core: CoreApi;
  readonly state: ReadonlySignal<LinkState>;
  /** The server that the host proposes at the first start; empty until the host has said. */
  readonly defaultServer: ReadonlySignal<string>;
  /** The key to the chats lies open beside them. */
  readonly unprotected: ReadonlySignal<boolean>;
}

/** What the models need of the window that they live in. */
export interface Surroundings {
  readonly link: CoreLink;
  readonly preferences: Preferences;
  /** BCP 47 tags, best first. */
  readonly systemLanguages: readonly string[];
  readonly keyboard: KeyboardStyle;
  readonly attending: ReadonlySignal<boolean>;
  /** The present, ticking often enough for dates. */
  readonly now: ReadonlySignal<number>;
  readonly newMessageId: () => MessageId;
  readonly copy: (text: string) => Promise<boolean>;
  readonly codeReader: CodeReader;
  /** Gives the person a file to keep. */
  readonly saveFile: (name: string, content: Blob) => void;
  readonly print: () => void;
  /** What a device is called until its person calls it otherwise. */
  readonly deviceName: string;
}

export type DialogName =
  | 'newChat'
  | 'settings'
  | 'safetyNumber'
  | 'signIn'
  | 'signOut'
  | 'passphrase'
  | 'devices'
  | 'device'
  | 'signOutOthers'
  | 'linkDevice'
  | 'recoveryKit'
  | 'replaceKey'
  | 'vetoRecovery'
  | 'backup'
  | 'account'
  | 'changeEmail'
  | 'confirmEmail'
  | 'changePassword'
  | 'earlierPassword'
  | 'secondFactor'
  | 'backupCodes'
  | 'secondFactorOff'
  | 'unlockLinking'
  | 'exportAccount'
  | 'eraseHere'
  | 'deleteAccount'
  | 'resetPassword'
  | 'deleteMessage';

export type Screen = 'starting' | 'detached' | 'failed' | 'locked' | 'firstRun' | 'chats';

/** Everything that the views show and ask for. */
export interface App extends Surroundings {
  readonly core: CoreApi;
  readonly devices: OwnDevices;
  readonly linking: Linking;
  readonly recovery: Recovery;
  readonly accountPage: AccountPage;
  readonly translator: ReadonlySignal<Translator>;
  readonly screen: ReadonlySignal<Screen>;
  readonly state: CoreState;
  readonly chats: Chats;
  readonly search: Search;
  readonly firstRun: FirstRun;
  readonly unlocking: Submission;
  readonly connection: ReadonlySignal<ConnectionNotice | undefined>;
  readonly announcement: ReadonlySignal<Announcement | undefined>;
  readonly toasts: Toasts;
  readonly dialog: Signal<DialogName | undefined>;
  /** Whoever copies the profile can read it. */
  readonly unprotected: ReadonlySignal<boolean>;
  readonly unlock: (passphrase: string) => Promise<void>;
  readonly setPassphrase: (params: ParamsOf<'setPassphrase'>) => Promise<void>;
}

const screenOf = (link: LinkState, state: CoreState): Screen => {
  if (link === 'refused') return 'detached';
  if (state.failure.value !== undefined) return 'failed';
  switch (state.app.value?.phase) {
    case undefined:
      return 'starting';
    case 'locked':
      return 'locked';
    case 'noAccount':
      return 'firstRun';
    case 'ready':
      return 'chats';
  }
};

export const createApp = (surroundings: Surroundings): App => {
  const { link, preferences, systemLanguages, attending, newMessageId } = surroundings;
  const { core } = link;
  const state = createCoreState(core);
  const chats = createChats({ core, state, newMessageId, attending });
  const search = createSearch({ core, chats, now: surroundings.now });
  const dialog = signal<DialogName | undefined>(undefined);
  const unlocking = createSubmission();
  const passphraseSet = signal(false);
  const screen = computed(() => screenOf(link.state.value, state));

  effect(() => {
    if (link.state.value === 'open') void state.refresh().then(() => chats.reload());
  });
  // A dialog, and what was looked for, belong to the screen that they were opened on.
  effect(() => {
    if (screen.value === 'chats') return;
    dialog.value = undefined;
    search.close();
  });

  return {
    ...surroundings,
    core,
    devices: createOwnDevices(core, state),
    linking: createLinking(core, state),
    recovery: createRecovery(core, state),
    accountPage: createAccountPage(core),
    translator: computed(() => {
      const preferred = preferences.language.value;
      const language = preferred === 'system' ? matchLanguage(systemLanguages) : preferred;
      return createTranslator(language, localeFor(language, systemLanguages));
    }),
    screen,
    state,
    chats,
    search,
    firstRun: createFirstRun(core, state, { defaultServer: link.defaultServer, deviceName: surroundings.deviceName }),
    unlocking,
    connection: createConnectionNotice(state.app),
    announcement: createAnnouncer(core, chats),
    toasts: createToasts(),
    dialog,
    unprotected: computed(() => link.unprotected.value && !passphraseSet.value),
    setPassphrase: async (params) => {
      await core.call('setPassphrase', params);
      passphraseSet.value = true;
    },
    unlock: async (passphrase) => {
      const app = await unlocking.run(() => core.call('unlock', { passphrase }));
      if (app !== undefined) state.adoptApp(app);
    },
  };
};
