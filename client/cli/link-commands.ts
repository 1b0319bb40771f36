import type { CoreApi, CoreEvent, ResultOf } from '../bridge/index.js';
import { CommandRefusal, secondFactorOf, type Command, type CommandContext } from './command.js';
import { linkEndWords } from './failure-words.js';
import { readAnswer, readSecret } from './secret-input.js';
import { terminalText } from './terminal-text.js';

type OfferView = ResultOf<'linkOffer'>;
type JoinView = ResultOf<'join'>;
type HistoryView = NonNullable<ResultOf<'history'>['history']>;

const GROUP = /.{4}(?=.)/g;
/** A code as another device shows it to be copied; anything else was typed from 24 characters. */
const COPIED = /^\s*SLK1:/i;

interface Walk<T> {
  readonly core: CoreApi;
  readonly pick: (event: CoreEvent) => T | undefined;
  readonly begin: () => Promise<T>;
  /** Says whether that was the last one. */
  readonly take: (view: T) => Promise<boolean>;
  readonly ended: Promise<void>;
}

/** Hands on one view after the other, until one was the last or the person has had enough. */
const walk = async <T>({ core, pick, begin, take, ended }: Walk<T>): Promise<'over' | 'leftEarly'> => {
  const views: T[] = [];
  const enough = new AbortController();
  let wake: () => void = () => undefined;
  const unsubscribe = core.subscribe((event) => {
    const view = pick(event);
    if (view === undefined) return;
    views.push(view);
    wake();
  });
  void ended.then(() => {
    enough.abort();
    wake();
  });
  try {
    const first = await begin();
    if (views.length === 0) views.push(first);
    while (!enough.signal.aborted) {
      const view = views.shift();
      if (view === undefined) await new Promise<void>((resolve) => (wake = resolve));
      else if (await take(view)) return 'over';
    }
    return 'leftEarly';
  } finally {
    unsubscribe();
  }
};

const isMoving = (history: HistoryView | undefined): boolean =>
  history !== undefined && (history.state === 'running' || history.state === 'waiting');

const historyWords = (history: HistoryView | undefined): string => {
  if (history === undefined) return '';
  if (history.state === 'held') return ' The history follows in a day.';
  return history.state === 'finished' ? ' History complete.' : ' The history follows while "follow" or "daemon" runs.';
};

/** Digits are the approval: nothing is approved without them. */
const decide = async ({ core, options, terminal }: CommandContext, view: OfferView): Promise<void> => {
  if (view.state !== 'confirming') return;
  const name = terminalText(view.deviceName).replaceAll('\n', ' ');
  const system = terminalText(view.system).replaceAll('\n', ' ');
  const gets = view.history.messages === 0 ? '' : ` and ${String(view.history.messages)} messages`;
  terminal.errorOutput.write(`${name}, ${system}, gets your keys, contacts, settings${gets}.\n`);
  const question = '6 digits from the new device (empty: not me): ';
  const typed = await readAnswer(terminal, { file: options.digitsFile, option: '--digits-file', question });
  const digits = typed.replace(/\D/g, '');
  await (digits.length === 6 ? core.call('approveLink', { digits }) : core.call('refuseLink', {}));
};

/** Links another device: shows a code to type there, then asks for the digits that it shows. */
export const link: Command = async (context) => {
  const { core, options, output, terminal, ended } = context;
  const password = await readSecret(terminal, {
    file: options.passwordFile,
    option: '--password-file',
    question: 'Password: ',
  });
  let isDecided = false;
  const take = async (view: OfferView): Promise<boolean> => {
    switch (view.state) {
      case 'showing':
        output.show(
          view,
          () => `Code: ${view.code.replaceAll('-', '').replace(GROUP, '$& ')}\nType it on the new device.`,
        );
        return false;
      case 'confirming':
        if (view.contested) terminal.errorOutput.write('Another device says that this code was meant for it.\n');
        if (!isDecided) {
          isDecided = true;
          await decide(context, view);
        }
        return false;
      case 'linked':
        if (isMoving(view.history) && !options.noWait) return false;
        output.show(view, () => `${terminalText(view.deviceName)} is linked.${historyWords(view.history)}`);
        return true;
      case 'ended':
        throw new CommandRefusal(view.reason, linkEndWords(view.reason));
      case 'none':
      case 'claimed':
      case 'approved':
        return false;
    }
  };
  await walk({
    core,
    pick: (event) => (event.type === 'linkOffer' ? event.linkOffer : undefined),
    begin: () => core.call('startLinkOffer', { password, ...secondFactorOf(context), mode: 'manual', history: true }),
    take,
    ended,
  });
  await core.call('closeLinkOffer', {});
};

/** Nobody is joined to an account that they did not name or agree to. */
const agree = async ({ core, options, terminal }: CommandContext, view: JoinView): Promise<void> => {
  if (view.state !== 'asking') return;
  const { username, host } = view;
  const isWanted =
    options.username === undefined
      ? (await readAnswer(terminal, {
          file: undefined,
          option: '--username',
          question: `Join @${username} on ${host}? Type yes: `,
        })) === 'yes'
      : options.username.toLowerCase() === username.toLowerCase();
  await core.call(isWanted ? 'confirmJoin' : 'closeJoin', {});
  if (!isWanted) throw new CommandRefusal('refused', `This was a code of @${username} on ${host}. Nothing was joined.`);
};

const historyHere = async ({ core, options, ended }: CommandContext): Promise<HistoryView | undefined> => {
  let latest = (await core.call('history', {})).history;
  if (options.noWait || latest === undefined) return latest;
  await walk<HistoryView>({
    core,
    pick: (event) => (event.type === 'history' ? event.history : undefined),
    begin: async () => (await core.call('history', {})).history ?? { done: 0, total: 0, state: 'finished' },
    take: (view) => {
      latest = view;
      return Promise.resolve(!isMoving(view));
    },
    ended,
  });
  return latest;
};

/** Makes this empty profile a device of an account, by the code that another device of it shows. */
export const join: Command = async (context) => {
  const { core, options, output, terminal, ended } = context;
  const code = await readSecret(terminal, { file: options.codeFile, option: '--code-file', question: 'Code: ' });
  const { deviceName } = options;
  let [isAgreed, shown] = [false, ''];
  const take = async (view: JoinView): Promise<boolean> => {
    switch (view.state) {
      case 'digits':
        if (shown === view.digits) return false;
        shown = view.digits;
        output.show(view, () => `Digits to type on your other device: ${shown.slice(0, 3)} ${shown.slice(3)}`);
        return false;
      case 'asking':
        if (isAgreed) return false;
        isAgreed = true;
        await agree(context, view);
        return false;
      case 'ended':
        await core.call('closeJoin', {});
        throw new CommandRefusal(view.reason, linkEndWords(view.reason));
      case 'none':
        return isAgreed;
      case 'showing':
      case 'connecting':
      case 'typing':
      case 'joining':
        return false;
    }
  };
  const end = await walk({
    core,
    pick: (event) => (event.type === 'join' ? event.join : undefined),
    begin: () =>
      COPIED.test(code)
        ? core.call('joinByCode', { code, deviceName })
        : core.call('joinByManualCode', { address: options.server ?? '', code, deviceName }),
    take,
    ended,
  });
  if (end === 'leftEarly') {
    await core.call('closeJoin', {});
    return;
  }
  const app = await core.call('getApp', {});
  const history = await historyHere(context);
  output.show(app, () =>
    app.phase === 'ready'
      ? `This device is linked to ${app.account.username} on ${app.account.server}.${historyWords(history)}`
      : app.phase,
  );
};
