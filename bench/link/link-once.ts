import type { CoreApi } from '@sotto/client/bridge';
import { newMessageId } from '@sotto/e2e/harness';
import { nextView } from './views.js';

const PASSWORD = 'correct-horse-battery-staple-42';

/** The devices of one link: the one that approves, another one that is told, where there is one, and the new one. */
export interface LinkCast {
  readonly first: CoreApi;
  readonly observer?: CoreApi;
  readonly young: CoreApi;
}

/** How long each part of a link took, in milliseconds. No person was waited for. */
export interface LinkTimes {
  readonly codeToDigits: number;
  readonly approvalToFirstMessage: number;
  /** From "Join": the others cannot know before. `NaN` without another device. */
  readonly joinToOthersTold: number;
  /** From the password to the first message of the new device. */
  readonly whole: number;
  /** When the new device said "Join". */
  readonly joinedAt: number;
}

const digitsOf = async (
  young: CoreApi,
  code: string,
): Promise<{ readonly digits: string; readonly tookMs: number }> => {
  const shown = nextView(young, 'digits', (event) =>
    event.type === 'join' && event.join.state === 'digits' ? event.join.digits : undefined,
  );
  const began = performance.now();
  await young.call('joinByCode', { code, deviceName: 'new' });
  const { view, at } = await shown;
  return { digits: view, tookMs: at - began };
};

const firstMessage = async (young: CoreApi, to: string): Promise<number> => {
  const messageId = newMessageId();
  const sent = nextView(young, 'a message of the new device to be accepted', (event) =>
    event.type === 'messages'
      ? event.messages.find((message) => message.messageId === messageId && message.delivery?.state !== 'waiting')
      : undefined,
  );
  const { chatId } = await young.call('startChat', { username: to });
  await young.call('sendText', { chatId, messageId, text: 'from the new device' });
  return (await sent).at;
};

/** Links `young`, by a code that is shown as a QR code, and lets it write to `friend`. */
export const linkOnce = async (
  { first, observer, young }: LinkCast,
  { friend, history }: { readonly friend: string; readonly history: boolean },
): Promise<LinkTimes> => {
  const begun = performance.now();
  const confirming = nextView(first, 'the question on the first device', (event) =>
    event.type === 'linkOffer' && event.linkOffer.state === 'confirming' ? true : undefined,
  );
  const offer = await first.call('startLinkOffer', { password: PASSWORD, mode: 'qr', history });
  if (offer.state !== 'showing') throw new Error('no code is shown');
  const { digits, tookMs } = await digitsOf(young, offer.code);
  await confirming;
  const asking = nextView(young, 'the question on the new device', (event) =>
    event.type === 'join' && event.join.state === 'asking' ? true : undefined,
  );
  const online = nextView(young, 'the new device to be online', (event) =>
    event.type === 'app' && event.app.phase === 'ready' && event.app.connection.state === 'online' ? true : undefined,
  );
  const told =
    observer &&
    nextView(observer, 'the other device to be told', (event) =>
      event.type === 'devices' && (event.appeared ?? []).length > 0 ? true : undefined,
    );
  const approvedAt = performance.now();
  await first.call('approveLink', { digits });
  await asking;
  const joinedAt = performance.now();
  await young.call('confirmJoin', {});
  await online;
  const sentAt = await firstMessage(young, friend);
  return {
    codeToDigits: tookMs,
    approvalToFirstMessage: sentAt - approvedAt,
    joinToOthersTold: ((await told)?.at ?? Number.NaN) - joinedAt,
    whole: sentAt - begun,
    joinedAt,
  };
};

/** Takes the device off again, so that the next one finds room. */
export const unlinkNewest = async (first: CoreApi): Promise<void> => {
  await first.call('closeLinkOffer', {});
  const { devices } = await first.call('listDevices', {});
  const newest = [...devices].sort((left, right) => right.linkedAt - left.linkedAt)[0];
  if (newest === undefined || newest.own) throw new Error('there is no device to unlink');
  await first.call('unlinkDevice', { deviceId: newest.deviceId, password: PASSWORD });
};

/** As from the paper: the groups that were asked for. */
export const confirmKit = async (core: CoreApi): Promise<void> => {
  const { groups, asked } = await core.call('showRecoveryKey', { password: PASSWORD });
  await core.call('confirmRecoveryKit', {
    password: PASSWORD,
    groups: asked.map((number) => groups[number - 1] ?? ''),
  });
};
