import { effect, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { CoreApi, ServerView } from '@sotto/client/bridge';
import type { CoreState } from './core-state.js';
import { proofOf } from './proof.js';
import { createSubmission, type Submission } from './submission.js';

export type FirstRunStep =
  | 'welcome'
  | 'server'
  | 'create'
  | 'signIn'
  | 'forgotten'
  | 'noKeys'
  | 'join'
  | 'joinManual'
  | 'joinReverse'
  | 'recover'
  | 'dataOnly';

type Intent = 'create' | 'signIn' | 'recover';

/** From the first start to an account. What has been typed survives every step back. */
export interface FirstRun {
  readonly step: ReadonlySignal<FirstRunStep>;
  readonly server: ReadonlySignal<ServerView | undefined>;
  readonly address: Signal<string>;
  readonly username: Signal<string>;
  readonly email: Signal<string>;
  /** Where the host lets in whoever has one. */
  readonly inviteCode: Signal<string>;
  /** Of somebody who signs in. */
  readonly secondFactor: Signal<string>;
  readonly identifier: Signal<string>;
  readonly password: Signal<string>;
  /** The account whose password was right, but whose keys are elsewhere. */
  readonly keysElsewhere: ReadonlySignal<string | undefined>;
  readonly submission: Submission;
  /** Of this device, for the others. */
  readonly deviceName: Signal<string>;
  readonly begin: (intent: Intent) => void;
  /** To a step that needs nothing more first. */
  readonly show: (step: 'join' | 'joinManual' | 'joinReverse' | 'dataOnly' | 'forgotten') => void;
  readonly back: () => void;
  readonly submitServer: () => Promise<void>;
  readonly submitCreate: () => Promise<void>;
  readonly submitSignIn: () => Promise<void>;
}

const BACK: Readonly<Record<FirstRunStep, FirstRunStep>> = {
  welcome: 'welcome',
  server: 'welcome',
  create: 'server',
  signIn: 'server',
  forgotten: 'signIn',
  noKeys: 'signIn',
  join: 'welcome',
  joinManual: 'join',
  joinReverse: 'join',
  recover: 'server',
  dataOnly: 'join',
};

export const createFirstRun = (
  core: CoreApi,
  state: CoreState,
  {
    defaultServer,
    deviceName: proposedName,
  }: { readonly defaultServer: ReadonlySignal<string>; readonly deviceName: string },
): FirstRun => {
  const step = signal<FirstRunStep>('welcome');
  const server = signal<ServerView | undefined>(undefined);
  const address = signal('');
  const username = signal('');
  const email = signal('');
  const inviteCode = signal('');
  const secondFactor = signal('');
  const identifier = signal('');
  const password = signal('');
  const keysElsewhere = signal<string | undefined>(undefined);
  const submission = createSubmission();
  const deviceName = signal(proposedName);
  let intent: Intent = 'create';

  effect(() => {
    if (address.peek() === '') address.value = defaultServer.value;
  });

  // Whoever comes back here after an account starts from the beginning.
  effect(() => {
    if (state.app.value?.phase === 'ready') step.value = 'welcome';
  });

  const go = (next: FirstRunStep): void => {
    submission.forget();
    step.value = next;
  };

  return {
    step,
    server,
    address,
    username,
    email,
    inviteCode,
    secondFactor,
    identifier,
    password,
    keysElsewhere,
    submission,
    deviceName,
    show: go,
    begin: (wanted) => {
      intent = wanted;
      go(server.peek() === undefined ? 'server' : wanted);
    },
    back: () => go(BACK[step.peek()]),
    submitServer: async () => {
      const found = await submission.run(() => core.call('checkServer', { address: address.peek().trim() }));
      if (found === undefined) return;
      server.value = found;
      go(intent);
    },
    submitCreate: async () => {
      const chosen = server.peek();
      if (chosen === undefined) return;
      const mail = email.peek().trim();
      const code = inviteCode.peek().trim();
      const app = await submission.run(() =>
        core.call('register', {
          address: chosen.address,
          username: username.peek().trim(),
          password: password.peek(),
          ...(mail === '' ? {} : { email: mail }),
          ...(chosen.registration === 'invite' ? { inviteCode: code } : {}),
        }),
      );
      if (app === undefined) return;
      password.value = '';
      state.adoptApp(app);
    },
    submitSignIn: async () => {
      const chosen = server.peek();
      if (chosen === undefined) return;
      const account = await submission.run(() =>
        core.call('checkAccount', {
          address: chosen.address,
          identifier: identifier.peek().trim(),
          ...proofOf({ password, secondFactor }),
        }),
      );
      if (account === undefined) return;
      password.value = '';
      secondFactor.value = '';
      keysElsewhere.value = account.username;
      go('noKeys');
    },
  };
};
