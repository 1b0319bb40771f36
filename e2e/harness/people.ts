import { randomUUID } from 'node:crypto';
import type { ChatView, CoreApi, CoreEvent, MessageView, RecoveryKeyView } from '@sotto/client/bridge';
import { parseMessageId, type AccountId, type MessageId } from '@sotto/protocol/ids';

/** Long enough for a busy machine; a test that waits this long has failed. */
const PATIENCE_MS = 60_000;
const PASSWORD = 'correct-horse-battery-staple-42';

/** Waits until `probe` gives something, looking again at every event and now and then. */
export const eventually = async <T>(core: CoreApi, what: string, probe: () => Promise<T | undefined>): Promise<T> => {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`timed out: ${what}`);
    await new Promise<void>((resolve) => {
      const done = (): void => {
        unsubscribe();
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(done, 200);
      const unsubscribe = core.subscribe((_event: CoreEvent) => {
        done();
      });
    });
  }
};

export const register = async (core: CoreApi, address: string, username: string): Promise<void> => {
  await core.call('register', { address, username, password: PASSWORD });
  await online(core);
};

/** Connected, with all waiting mail fetched. */
export const online = (core: CoreApi): Promise<true> =>
  eventually(core, 'to be online', async () => {
    const app = await core.call('getApp', {});
    return app.phase === 'ready' && app.connection.state === 'online' ? true : undefined;
  });

export const newMessageId = (): MessageId => {
  const id = parseMessageId(randomUUID());
  if (id === undefined) throw new Error('randomUUID gave no UUID');
  return id;
};

/** The chat with a person, once they have written or been written to. */
export const chatWith = (core: CoreApi, username: string): Promise<ChatView> =>
  eventually(core, `a chat with ${username}`, async () =>
    (await core.call('listChats', {})).find((chat) => chat.username === username),
  );

/** Every message of a chat, oldest first. */
export const allMessages = async (core: CoreApi, chatId: AccountId): Promise<readonly MessageView[]> => {
  const pages: MessageView[] = [];
  let before: string | undefined;
  for (;;) {
    const page = await core.call('listMessages', { chatId, limit: 200, ...(before === undefined ? {} : { before }) });
    pages.push(...page.messages);
    before = page.messages.at(-1)?.cursor;
    if (!page.more || before === undefined) return pages.toReversed();
  }
};

export const textsFrom = (messages: readonly MessageView[], author: MessageView['author']): readonly string[] =>
  messages.flatMap((message) => (message.author === author && message.body.kind === 'text' ? [message.body.text] : []));

/** As from the paper: the groups that were asked for. */
export const confirmKit = async (core: CoreApi): Promise<RecoveryKeyView> => {
  const kit = await core.call('showRecoveryKey', { password: PASSWORD });
  const groups = kit.asked.map((number) => kit.groups[number - 1] ?? '');
  await core.call('confirmRecoveryKit', { password: PASSWORD, groups });
  return kit;
};

/** As two people would who sit before both devices: the code is pasted, the digits are typed. */
export const linkDevice = async (
  from: CoreApi,
  to: CoreApi,
  { deviceName, history }: { readonly deviceName: string; readonly history: boolean },
): Promise<void> => {
  const shown = await from.call('startLinkOffer', { password: PASSWORD, mode: 'text', history });
  if (shown.state !== 'showing') throw new Error(`the offer is ${shown.state}`);
  await to.call('joinByCode', { code: shown.code, deviceName });
  const digits = await eventually(to, 'digits', async () => {
    const view = await to.call('join', {});
    return view.state === 'digits' ? view.digits : undefined;
  });
  await eventually(from, 'the new device', async () => {
    const view = await from.call('linkOffer', {});
    return view.state === 'confirming' ? view : undefined;
  });
  await from.call('approveLink', { digits });
  await eventually(to, 'to be asked', async () => {
    const view = await to.call('join', {});
    return view.state === 'asking' ? view : undefined;
  });
  await to.call('confirmJoin', {});
  await online(to);
};
