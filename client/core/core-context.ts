import type { AppView, CoreMethod, ParamsOf, ResultOf } from '@sotto/client/bridge';
import type { OpenProfile, Running } from './open-profile.js';

/** What the methods need of the core. */
export interface CoreContext {
  app(): AppView;
  /** The unlocked profile; throws `locked` without one. */
  profile(): OpenProfile;
  /** The account at work; throws `noAccount` without one. */
  running(): Running;
  /** The same; throws `unlinked` on a device that has been taken off the account's list: it only shows what it has. */
  working(): Running;
  unlock(passphrase: string): Promise<void>;
  /** Erases what this machine has of the account. Throws `usernameDiffers` unless `confirmed` names it, or is left out. */
  eraseProfile(confirmed?: string): Promise<AppView>;
  setPassphrase(current: string | undefined, next: string): Promise<void>;
}

export type CoreMethods = {
  readonly [M in CoreMethod]: (params: ParamsOf<M>) => ResultOf<M> | Promise<ResultOf<M>>;
};
