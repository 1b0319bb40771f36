import type { AccountStateRepository } from '../storage/account-state-repository.js';
import type { ProfileDatabase } from '../storage/database.js';
import { parseUnixMs } from '@sotto/protocol/ids';
import type { Announcer } from './announcer.js';

/** Settings that go for every device of the account, as the interface knows them. */
export interface AccountSettingValues {
  readonly readReceipts: boolean;
}

const NAMES = ['readReceipts'] as const satisfies readonly (keyof AccountSettingValues)[];
const NEVER = parseUnixMs(0);

/** Reads and writes them; the other devices are told. */
export class AccountSettings {
  readonly #state: AccountStateRepository;
  readonly #database: ProfileDatabase;
  readonly #announcer: Announcer;

  constructor(parts: {
    readonly state: AccountStateRepository;
    readonly database: ProfileDatabase;
    readonly announcer: Announcer;
  }) {
    this.#state = parts.state;
    this.#database = parts.database;
    this.#announcer = parts.announcer;
  }

  get values(): AccountSettingValues {
    return { readReceipts: this.#state.setting('readReceipts')?.value !== 'off' };
  }

  set(changes: { readonly [Name in keyof AccountSettingValues]?: boolean | undefined }): AccountSettingValues {
    this.#database.atomically(() => {
      for (const name of NAMES) {
        const wanted = changes[name];
        if (wanted === undefined || wanted === this.values[name]) continue;
        const previous = this.#state.setting(name)?.setAt ?? NEVER;
        if (previous === undefined) throw new Error('zero is a time');
        const setting = { name, value: wanted ? 'on' : 'off', setAt: this.#announcer.timeAfter(previous) };
        this.#state.saveSetting(setting);
        this.#announcer.tell({ kind: 'setting', ...setting });
      }
    });
    return this.values;
  }
}
