import { BridgeError, type ResultOf } from '@sotto/client/bridge';
import { AccountIdentityKey, safetyNumberOf } from '@sotto/crypto';
import type { AccountId } from '@sotto/protocol/ids';
import { accountPageMethods } from './account-page/account-page-methods.js';
import { failureOf, valueOf } from './account/failure.js';
import type { Running } from './open-profile.js';
import type { CoreContext, CoreMethods } from './core-context.js';
import { recoveryMethods } from './recovery/recovery-methods.js';

const groupsOf = (digits: string): string[] => digits.match(/\d{5}/g) ?? [];

const safetyNumber = async ({ account, link }: Running, chatId: AccountId): Promise<ResultOf<'safetyNumber'>> => {
  const result = await link.devices.verified(chatId);
  switch (result.outcome) {
    case 'ok':
    case 'alarm': {
      const { digits } = safetyNumberOf(
        {
          accountId: account.accountId,
          accountIdentityKey: AccountIdentityKey.of(account.keys.accountIdentityKey),
        },
        { accountId: chatId, accountIdentityKey: AccountIdentityKey.of(result.devices.accountIdentityKey) },
      );
      return { groups: groupsOf(digits) };
    }
    case 'unknownAccount':
      throw new BridgeError('personNotFound');
    case 'unverifiable':
      throw new BridgeError('notASottoServer');
    case 'away':
    case 'refused': {
      const { code, params } = failureOf(result).failure;
      throw new BridgeError(code, params);
    }
  }
};

const accountMethods = (core: CoreContext) =>
  ({
    getApp: () => core.app(),
    unlock: async ({ passphrase }) => {
      await core.unlock(passphrase);
      return core.app();
    },
    setPassphrase: async ({ current, next }) => {
      await core.setPassphrase(current, next);
      return {};
    },
    checkServer: async ({ address }) => {
      const { origin, version, registration, mail, fingerprint } = valueOf(
        await core.profile().accounts.checkServer(address),
      );
      return { address: origin, version, registration, mail, fingerprint };
    },
    register: async ({ address, username, password, email, inviteCode }) => {
      const profile = core.profile();
      if (profile.joining.isUnderWay || profile.recovery.isUnderWay) throw new BridgeError('notNow');
      valueOf(await profile.accounts.register({ address, username, password, email, inviteCode }));
      profile.start();
      return core.app();
    },
    signIn: async (proof) => {
      valueOf(await core.profile().accounts.signIn(proof));
      return core.app();
    },
    checkAccount: async (input) => {
      const { username } = valueOf(await core.profile().accounts.checkAccount(input));
      return { username };
    },
    signOut: async () => {
      core.running();
      await core.profile().accounts.signOut();
      return core.app();
    },
    reconnect: () => {
      core.running().link.connection.reconnect();
      return {};
    },
  }) satisfies Partial<CoreMethods>;

const chatMethods = (core: CoreContext) => {
  const chats = () => core.running().messaging.chats;
  const working = () => core.working().messaging.chats;
  return {
    listChats: () => chats().list(),
    startChat: ({ username }) => working().start(username),
    acceptChat: ({ chatId }) => working().accept(chatId),
    saveDraft: ({ chatId, text }) => {
      chats().saveDraft(chatId, text);
      return {};
    },
    safetyNumber: ({ chatId }) => safetyNumber(core.running(), chats().known(chatId)),
    listMessages: (page) => chats().page(page),
    searchMessages: (query) => core.running().search.find(query),
    sendText: ({ chatId, messageId, text }) => working().sendText(chatId, messageId, text),
    retryMessage: ({ messageId }) => working().retry(messageId),
    markRead: ({ chatId, upTo }) => {
      chats().markRead(chatId, upTo);
      return {};
    },
  } satisfies Partial<CoreMethods>;
};

const linkingMethods = (core: CoreContext) => {
  const offers = () => core.running().linking;
  const joining = () => core.profile().joining;
  return {
    linkOffer: () => offers().view(),
    startLinkOffer: (input) => offers().start(input),
    scanNewDevice: (input) => offers().scan(input),
    approveLink: ({ digits }) => offers().approve(digits),
    refuseLink: () => offers().refuse(),
    closeLinkOffer: () => offers().close(),
    join: () => joining().view(),
    joinByCode: (input) => joining().byCode(input),
    joinByManualCode: (input) => joining().byManualCode(input),
    showJoinCode: (input) => joining().show(input),
    typeJoinDigits: ({ digits }) => joining().typeDigits(digits),
    confirmJoin: () => joining().confirm(),
    closeJoin: () => joining().close(),
  } satisfies Partial<CoreMethods>;
};

const historyMethods = (core: CoreContext) =>
  ({
    history: () => {
      const history = core.running().history.view();
      return history === undefined ? {} : { history };
    },
    retryHistory: () => {
      core.running().history.retry();
      return {};
    },
  }) satisfies Partial<CoreMethods>;

const ownDeviceMethods = (core: CoreContext) => {
  const upkeep = () => core.working().upkeep;
  return {
    listDevices: () => upkeep().devices.list(),
    renameDevice: ({ deviceId, name }) => upkeep().devices.rename(deviceId, name),
    acknowledgeDevice: ({ deviceId }) => upkeep().devices.acknowledge(deviceId),
    unlinkDevice: async ({ deviceId, ...proof }) => {
      const { devices, unlinking } = upkeep();
      valueOf(await unlinking.unlink(deviceId, proof));
      return devices.view();
    },
    signOutOthers: async (proof) => {
      valueOf(await upkeep().unlinking.signOutOthers(proof));
      return {};
    },
    accountSettings: () => core.running().messaging.settings.values,
    setAccountSettings: (changes) => core.working().messaging.settings.set(changes),
    deleteMessages: ({ chatId, messageIds }) => {
      core.running().messaging.chats.remove(chatId, messageIds);
      return {};
    },
    setBlocked: ({ chatId, blocked }) => core.working().messaging.chats.setBlocked(chatId, blocked),
  } satisfies Partial<CoreMethods>;
};

/** Every method of the bridge. */
export const coreMethods = (core: CoreContext): CoreMethods => ({
  ...accountMethods(core),
  ...chatMethods(core),
  ...linkingMethods(core),
  ...historyMethods(core),
  ...recoveryMethods(core),
  ...ownDeviceMethods(core),
  ...accountPageMethods(core),
});
