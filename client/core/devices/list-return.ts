import type { AccountId } from '@sotto/protocol/ids';
import { LIMITS, type DeviceListPlace } from '@sotto/protocol/wire';
import type { AnonymousApi } from '../net/types.js';
import type { DevicePinStore } from './types.js';

interface ListReturnParts {
  readonly api: AnonymousApi;
  readonly pins: Pick<DevicePinStore, 'stepsAfter'>;
}

/**
 * Gives a server that was put back to an older state the device lists that it has receipted and lost (SPEC §14.9). Anonymously, like
 * the question that showed it: whose lists somebody keeps is nobody's business.
 */
export class ListReturn {
  readonly #parts: ListReturnParts;

  constructor(parts: ListReturnParts) {
    this.#parts = parts;
  }

  /** `true`: the server has taken something. Whatever it refuses is offered again when its list is next looked at. */
  async giveBack(accountId: AccountId, serverHead: DeviceListPlace): Promise<boolean> {
    const { api, pins } = this.#parts;
    const steps = pins.stepsAfter(accountId, serverHead);
    for (let from = 0; from < steps.length; from += LIMITS.listEntriesPerRestore) {
      const entries = steps.slice(from, from + LIMITS.listEntriesPerRestore);
      const answer = await api.call('restoreDeviceList', { params: { accountId }, body: { entries } });
      if (answer.outcome !== 'ok') return from > 0;
    }
    return steps.length > 0;
  }
}
