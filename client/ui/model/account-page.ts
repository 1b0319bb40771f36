import { signal, type ReadonlySignal } from '@preact/signals';
import type { AccountPageView, BackupCodesView, CoreApi } from '@sotto/client/bridge';
import type { Failure } from '../i18n/failure-text.js';
import { outcomeOf } from './outcome.js';

/** What the server says of the account; asked anew whenever its page is opened. */
export interface AccountPage {
  readonly view: ReadonlySignal<AccountPageView | undefined>;
  readonly failure: ReadonlySignal<Failure | undefined>;
  readonly refresh: () => Promise<void>;
  readonly adopt: (page: AccountPageView) => void;
  /** Backup codes that were just made. Here until they are put away: the server cannot tell them again. */
  readonly newCodes: ReadonlySignal<BackupCodesView | undefined>;
  readonly showCodes: (codes: BackupCodesView) => void;
  readonly putCodesAway: () => void;
}

export const createAccountPage = (api: CoreApi): AccountPage => {
  const view = signal<AccountPageView | undefined>(undefined);
  const failure = signal<Failure | undefined>(undefined);
  const newCodes = signal<BackupCodesView | undefined>(undefined);
  const adopt = (page: AccountPageView): void => {
    failure.value = undefined;
    view.value = page;
  };
  return {
    view,
    failure,
    adopt,
    refresh: async () => {
      const outcome = await outcomeOf(api.call('accountPage', {}));
      if (outcome.ok) adopt(outcome.value);
      else {
        view.value = undefined;
        failure.value = outcome.failure;
      }
    },
    newCodes,
    showCodes: (codes) => (newCodes.value = codes),
    putCodesAway: () => (newCodes.value = undefined),
  };
};
