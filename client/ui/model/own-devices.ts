import { computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { CoreApi, DevicesView, DeviceView } from '@sotto/client/bridge';
import type { Failure } from '../i18n/failure-text.js';
import type { CoreState } from './core-state.js';
import { outcomeOf } from './outcome.js';

export type DeviceId = DeviceView['deviceId'];

/** The devices of the account, as the core last told of them. */
export interface OwnDevices {
  readonly view: ReadonlySignal<DevicesView | undefined>;
  readonly failure: ReadonlySignal<Failure | undefined>;
  /** The one that a dialog is about. */
  readonly chosen: Signal<DeviceId | undefined>;
  readonly chosenDevice: ReadonlySignal<DeviceView | undefined>;
  /** One that nobody here has said to know. */
  readonly unknown: ReadonlySignal<DeviceView | undefined>;
  readonly refresh: () => Promise<void>;
  readonly adopt: (devices: DevicesView) => void;
  readonly acknowledge: (deviceId: DeviceId) => Promise<void>;
}

export const createOwnDevices = (api: CoreApi, { app }: Pick<CoreState, 'app'>): OwnDevices => {
  const view = signal<DevicesView | undefined>(undefined);
  const failure = signal<Failure | undefined>(undefined);
  const chosen = signal<DeviceId | undefined>(undefined);
  const isReady = computed(() => app.value?.phase === 'ready');

  const adopt = (devices: DevicesView): void => {
    failure.value = undefined;
    view.value = devices;
  };
  const take = async (asked: Promise<DevicesView>): Promise<void> => {
    const outcome = await outcomeOf(asked);
    if (outcome.ok) adopt(outcome.value);
    else failure.value = outcome.failure;
  };
  const refresh = (): Promise<void> => take(api.call('listDevices', {}));

  api.subscribe((event) => {
    if (event.type === 'devices') adopt(event.devices);
  });
  effect(() => {
    if (isReady.value) void refresh();
    else view.value = undefined;
  });

  return {
    view,
    failure,
    chosen,
    chosenDevice: computed(() => view.value?.devices.find(({ deviceId }) => deviceId === chosen.value)),
    unknown: computed(() => view.value?.devices.find(({ own, unacknowledged }) => unacknowledged && !own)),
    refresh,
    adopt,
    acknowledge: (deviceId) => take(api.call('acknowledgeDevice', { deviceId })),
  };
};
