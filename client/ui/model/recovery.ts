import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import type { CoreApi, PendingRecoveryView, RecoveryKitView, RecoveryView } from '@sotto/client/bridge';
import type { CoreState } from './core-state.js';
import { outcomeOf } from './outcome.js';

/** The kit, a recovery on this device, and those that somebody else began. */
export interface Recovery {
  readonly kit: ReadonlySignal<RecoveryKitView | undefined>;
  readonly adoptKit: (kit: RecoveryKitView) => void;
  /** The person has put the banner off until the next start. */
  readonly putOff: ReadonlySignal<boolean>;
  readonly later: () => void;
  readonly own: ReadonlySignal<RecoveryView>;
  readonly adoptOwn: (recovery: RecoveryView) => void;
  readonly pending: ReadonlySignal<readonly PendingRecoveryView[]>;
  readonly refresh: () => Promise<void>;
}

export const createRecovery = (api: CoreApi, { app }: Pick<CoreState, 'app'>): Recovery => {
  const kit = signal<RecoveryKitView | undefined>(undefined);
  const own = signal<RecoveryView>({ state: 'none' });
  const pending = signal<readonly PendingRecoveryView[]>([]);
  const putOff = signal(false);
  const phase = computed(() => app.value?.phase);

  const refresh = async (): Promise<void> => {
    const [kitNow, pendingNow] = await Promise.all([
      outcomeOf(api.call('recoveryKit', {})),
      outcomeOf(api.call('pendingRecoveries', {})),
    ]);
    if (kitNow.ok) kit.value = kitNow.value;
    if (pendingNow.ok) pending.value = pendingNow.value;
  };
  const refreshOwn = async (): Promise<void> => {
    const now = await outcomeOf(api.call('recovery', {}));
    if (now.ok) own.value = now.value;
  };

  api.subscribe((event) => {
    if (event.type === 'recoveryKit') kit.value = event.recoveryKit;
    else if (event.type === 'recovery') own.value = event.recovery;
    else if (event.type === 'pendingRecoveries') pending.value = event.pendingRecoveries;
  });
  effect(() => {
    if (phase.value === 'ready') void refresh();
    else {
      kit.value = undefined;
      pending.value = [];
    }
    if (phase.value === 'noAccount') void refreshOwn();
  });

  return {
    kit,
    adoptKit: (next) => (kit.value = next),
    putOff,
    later: () => (putOff.value = true),
    own,
    adoptOwn: (next) => (own.value = next),
    pending,
    refresh,
  };
};
