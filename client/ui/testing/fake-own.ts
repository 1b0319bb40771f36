import {
  BridgeError,
  DeviceIdValue,
  UnixMsValue,
  UsernameValue,
  type HISTORY_METHODS,
  type LINKING_METHODS,
  type OWN_DEVICE_METHODS,
  type RECOVERY_METHODS,
  type CoreEvent,
  type ParamsOf,
  type ResultOf,
  type DevicesView,
  type DeviceView,
  type HistoryView,
  type JoinView,
  type LinkOfferView,
  type PendingRecoveryView,
  type RecoveryKitView,
  type RecoveryView,
} from '@sotto/client/bridge';

/** Devices, links and recovery of the fake core: what the tests set, and what a person's answers change in it. */
export interface FakeOwn {
  readonly setDevices: (devices: readonly DeviceView[], more?: Partial<DevicesView>) => void;
  readonly setOffer: (offer: LinkOfferView) => void;
  readonly setJoin: (join: JoinView) => void;
  readonly setHistory: (history: HistoryView | undefined) => void;
  readonly setKit: (kit: RecoveryKitView) => void;
  readonly setRecovery: (recovery: RecoveryView) => void;
  readonly setPending: (pending: readonly PendingRecoveryView[]) => void;
  /** Backup files that were handed in, put together. */
  readonly restored: Uint8Array[];
}

export interface FakeOwnGround {
  readonly emit: (event: CoreEvent) => void;
  readonly now: () => number;
  readonly password: () => string;
  readonly deleteMessages: (params: ParamsOf<'deleteMessages'>) => ResultOf<'deleteMessages'>;
  readonly setBlocked: (params: ParamsOf<'setBlocked'>) => ResultOf<'setBlocked'>;
}

export type OwnMethod = keyof (typeof HISTORY_METHODS &
  typeof LINKING_METHODS &
  typeof OWN_DEVICE_METHODS &
  typeof RECOVERY_METHODS);
export type OwnHandlers = { readonly [M in OwnMethod]: (params: ParamsOf<M>) => ResultOf<M> };

const deviceId = (number: number) =>
  DeviceIdValue.parse(`00000000-0000-8000-8000-${number.toString(16).padStart(12, '0')}`);
const time = (at: number) => UnixMsValue.parse(at);
const TRANSFER = '00000000-0000-4000-8000-0000000000aa';
export const LINK_CODE = `SLK1:${'0123456789ABCDEFGHJKMNPQRSTVWXYZ'.repeat(8)}`;
export const RECOVERY_GROUPS = Array.from({ length: 13 }, (_, index) =>
  `K${index}${'ABCDEFGHJKMNP'[index] ?? 'Z'}7`.padEnd(4, '0'),
);
const BACKUP = new Uint8Array(1_000_003).map((_, index) => index % 251);
const PIECE = 400_000;

export const fakeDevice = (number: number, changes: Partial<DeviceView> = {}): DeviceView => ({
  deviceId: deviceId(number),
  name: `Device ${number}`,
  system: 'Linux',
  own: number === 1,
  linkedAt: time(1_770_000_000_000 + number * 86_400_000),
  lastSeenAt: time(1_773_300_000_000 - number * 3_600_000),
  canLink: true,
  unacknowledged: false,
  ...changes,
});

export const createFakeOwn = ({
  emit,
  now,
  password,
  setBlocked,
  deleteMessages,
}: FakeOwnGround): FakeOwn & { readonly handlers: OwnHandlers } => {
  let devices: DevicesView = { devices: [fakeDevice(1)], limit: 6, alarm: false };
  let offer: LinkOfferView = { state: 'none' };
  let join: JoinView = { state: 'none' };
  let history: HistoryView | undefined;
  let kit: RecoveryKitView = { state: 'confirmed', at: time(1_770_000_000_000) };
  let recovery: RecoveryView = { state: 'none' };
  let pending: readonly PendingRecoveryView[] = [];
  let settings = { readReceipts: true };
  const restored: Uint8Array[] = [];
  let incoming: number[] = [];

  const check = (given: string): void => {
    if (given !== password()) throw new BridgeError('wrongCredentials');
  };
  const tellDevices = (next: DevicesView): DevicesView => {
    devices = next;
    emit({ type: 'devices', devices });
    return devices;
  };
  const tellOffer = (next: LinkOfferView): LinkOfferView => {
    offer = next;
    emit({ type: 'linkOffer', linkOffer: offer });
    return offer;
  };
  const tellJoin = (next: JoinView): JoinView => {
    join = next;
    emit({ type: 'join', join });
    return join;
  };
  const tellRecovery = (next: RecoveryView): RecoveryView => {
    recovery = next;
    emit({ type: 'recovery', recovery });
    return recovery;
  };
  const tellKit = (next: RecoveryKitView): RecoveryKitView => {
    kit = next;
    emit({ type: 'recoveryKit', recoveryKit: kit });
    return kit;
  };
  const tellPending = (next: readonly PendingRecoveryView[]): void => {
    pending = next;
    emit({ type: 'pendingRecoveries', pendingRecoveries: [...pending] });
  };
  const change = (id: DeviceView['deviceId'], changes: Partial<DeviceView>): DevicesView =>
    tellDevices({
      ...devices,
      devices: devices.devices.map((device) => (device.deviceId === id ? { ...device, ...changes } : device)),
    });
  const connectingTo = (host: string): JoinView => tellJoin({ state: 'connecting', host });

  const handlers: OwnHandlers = {
    listDevices: () => devices,
    renameDevice: ({ deviceId: id, name }) => change(id, { name }),
    acknowledgeDevice: ({ deviceId: id }) => change(id, { unacknowledged: false }),
    unlinkDevice: ({ deviceId: id, password: given }) => {
      check(given);
      return tellDevices({ ...devices, devices: devices.devices.filter((device) => device.deviceId !== id) });
    },
    signOutOthers: ({ password: given }) => {
      check(given);
      return {};
    },
    accountSettings: () => settings,
    setAccountSettings: (changes) => (settings = { readReceipts: changes.readReceipts ?? settings.readReceipts }),
    deleteMessages,
    setBlocked,

    linkOffer: () => offer,
    startLinkOffer: ({ password: given, mode }) => {
      check(given);
      const code = mode === 'manual' ? '0123456789ABCDEFGHJKMNPQ' : LINK_CODE;
      return tellOffer({ state: 'showing', mode, code, renewsAt: time(now() + 60_000), renewalsLeft: 3 });
    },
    scanNewDevice: ({ password: given }) => {
      check(given);
      return tellOffer({ state: 'claimed' });
    },
    approveLink: () =>
      tellOffer({ state: 'approved', deviceName: offer.state === 'confirming' ? offer.deviceName : 'New device' }),
    refuseLink: () => tellOffer({ state: 'ended', reason: 'refused' }),
    closeLinkOffer: () => tellOffer({ state: 'none' }),

    join: () => join,
    joinByCode: ({ code }) => {
      if (!code.startsWith('SLK1:'))
        throw new BridgeError(code.startsWith('SLK') ? 'linkCodeNewer' : 'linkCodeUnreadable');
      return connectingTo('chat.example.org');
    },
    joinByManualCode: ({ address, code }) => {
      if (code.replace(/[\s-]/g, '').length !== 24) throw new BridgeError('linkCodeUnreadable');
      return connectingTo(new URL(address).host);
    },
    showJoinCode: () => tellJoin({ state: 'showing', code: LINK_CODE, expiresAt: time(now() + 90_000) }),
    typeJoinDigits: () => connectingTo('chat.example.org'),
    confirmJoin: () => tellJoin({ state: 'joining', host: 'chat.example.org', username: UsernameValue.parse('alice') }),
    closeJoin: () => tellJoin({ state: 'none' }),

    history: () => (history === undefined ? {} : { history }),
    retryHistory: () => ({}),

    recoveryKit: () => kit,
    showRecoveryKey: ({ password: given }) => {
      check(given);
      const username = UsernameValue.parse('alice');
      const server = 'https://chat.example.org';
      return { groups: RECOVERY_GROUPS, qr: RECOVERY_GROUPS.join(''), username, server, asked: [3, 6] };
    },
    confirmRecoveryKit: ({ groups }) => {
      if (groups[0] !== RECOVERY_GROUPS[2] || groups[1] !== RECOVERY_GROUPS[5])
        throw new BridgeError('kitGroupsDiffer');
      return tellKit({ state: 'confirmed', at: time(now()) });
    },
    recover: ({ key, newPassword, knownPassword }) => {
      if (key.length < 20) throw new BridgeError('recoveryKeyUnreadable');
      if (key.includes('?')) throw new BridgeError('recoveryKeyMistyped', { group: 4 });
      if (newPassword.length < 10) throw new BridgeError('passwordTooShort', { least: 10 });
      if (knownPassword !== undefined) check(knownPassword);
      const username = UsernameValue.parse('alice');
      return tellRecovery({ state: 'held', until: time(now() + 86_400_000), username });
    },
    recovery: () => recovery,
    continueRecovery: () => recovery,
    closeRecovery: () => tellRecovery({ state: 'none' }),
    pendingRecoveries: () => [...pending],
    vetoRecovery: ({ id, password: given }) => {
      check(given);
      tellPending(pending.filter((one) => one.id !== id));
      return {};
    },
    replaceRecoveryKey: ({ password: given, oldKey }) => {
      check(given);
      if (oldKey !== undefined && oldKey.length < 20) throw new BridgeError('recoveryKeyUnreadable');
      tellKit({ state: 'unconfirmed' });
      return { effectiveAt: time(now() + (oldKey === undefined ? 7 * 86_400_000 : 0)) };
    },

    startBackup: () => ({ transfer: TRANSFER, fileName: 'sotto-alice.sottobackup', length: BACKUP.length }),
    readBackup: ({ offset }) => {
      const piece = BACKUP.subarray(offset, offset + PIECE);
      let bytes = '';
      for (const byte of piece) bytes += String.fromCharCode(byte);
      return { bytes: btoa(bytes), end: offset + piece.length === BACKUP.length };
    },
    startRestore: () => {
      incoming = [];
      return { transfer: TRANSFER };
    },
    writeRestore: ({ offset, bytes }) => {
      if (offset !== incoming.length) throw new BridgeError('badCall');
      for (const character of atob(bytes)) incoming.push(character.charCodeAt(0));
      return {};
    },
    finishRestore: ({ secret }) => {
      if (secret === 'wrong') throw new BridgeError('wrongBackupSecret');
      restored.push(Uint8Array.from(incoming));
      return { added: 21, known: 3, chats: 2 };
    },
    closeTransfer: () => ({}),
  };

  return {
    handlers,
    restored,
    setDevices: (list, more = {}) => void tellDevices({ ...devices, ...more, devices: [...list] }),
    setOffer: (next) => void tellOffer(next),
    setJoin: (next) => void tellJoin(next),
    setHistory: (next) => {
      history = next;
      emit({ type: 'history', ...(next === undefined ? {} : { history: next }) });
    },
    setKit: (next) => void tellKit(next),
    setRecovery: (next) => void tellRecovery(next),
    setPending: tellPending,
  };
};
