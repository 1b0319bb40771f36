import type { PasswordProof } from '@sotto/client/bridge';
import { parsePassword, trustRootFingerprint, type Password } from '@sotto/crypto';
import type { AccountKeyRotation } from '@sotto/protocol/content';
import { parseUsername, type Username } from '@sotto/protocol/ids';
import { RegisterRequest, type Bytes } from '@sotto/protocol/wire';
import { parseServerAddress } from '../net/server-address.js';
import { withApi } from '../net/with-api.js';
import { adoptKeys } from './adopt-keys.js';
import { failed, failureOf } from './failure.js';
import type { PasswordVerdict } from './password-rules.js';
import { checkPassword, parseProof, PasswordSignIn } from './password-sign-in.js';
import { Registration, type Registered } from './registration.js';
import { contactServer, pinnedServerOf, restoreServerPin } from './server-contact.js';
import { ServerLink, type ServerLinkParts } from './server-link.js';
import { Turns } from './turns.js';
import type { WrappedKeys } from './wrapped-keys.js';
import type { AccountRecord, AccountResult, Accounts, Failed, OwnAccount, RegisterInput, SeenServer } from './types.js';

export interface AccountServiceParts extends Omit<ServerLinkParts, 'turns'> {
  readonly wrappedKeys: WrappedKeys;
  /** `personal`: what anyone can know of the person. */
  readonly judgePassword: (password: string, personal: readonly string[]) => Promise<PasswordVerdict>;
}

/** A registration as wanted, every word of it good. */
interface Wanted {
  readonly origin: string;
  readonly username: Username;
  readonly email: string | undefined;
  readonly inviteCode: string | undefined;
  readonly password: Password;
}

/** What was typed into a field that may stay empty. */
const typedInto = (text: string | undefined): string | undefined => (text?.trim() === '' ? undefined : text?.trim());

const ownAccountOf = ({ accountId, username, deviceId, registrationId, server, keys }: AccountRecord): OwnAccount => ({
  accountId,
  username,
  deviceId,
  registrationId,
  server,
  keys,
});

const parseOrigin = (address: string): AccountResult<string> => {
  const parsed = parseServerAddress(address);
  return parsed.outcome === 'ok' ? { outcome: 'ok', value: parsed.origin } : failed(parsed.outcome);
};

/** The account of this profile: how it comes to be, how it signs in and out, and its link to its server. */
export class AccountService implements Accounts {
  readonly #parts: AccountServiceParts & ServerLinkParts;
  readonly #registration: Registration;
  readonly #passwordSignIn: PasswordSignIn;
  /** Registering is long; a second call waits for the first and then finds its account. */
  readonly #registering = new Turns();
  #link: ServerLink | undefined;

  constructor(parts: AccountServiceParts) {
    this.#parts = { ...parts, turns: new Turns() };
    this.#registration = new Registration(parts);
    this.#passwordSignIn = new PasswordSignIn(parts);
  }

  find(): OwnAccount | undefined {
    const record = this.#registered;
    return record === undefined ? undefined : ownAccountOf(record);
  }

  get link(): ServerLink | undefined {
    const record = this.#registered;
    if (this.#link === undefined && record !== undefined) this.#link = new ServerLink(record, this.#parts);
    return this.#link;
  }

  async checkServer(address: string): Promise<AccountResult<SeenServer>> {
    const origin = parseOrigin(address);
    if (origin.outcome === 'failed') return origin;
    const record = this.#parts.accounts.find();
    const pin = record?.server.origin === origin.value ? restoreServerPin(record.server) : undefined;
    const contact = await withApi(origin.value, (api) => contactServer(api, pin));
    if (contact.outcome === 'failed') return contact;
    const { version, registration, mail, serverTime } = contact.value.info;
    const fingerprint = trustRootFingerprint(contact.value.pin.trustRoot);
    return { outcome: 'ok', value: { origin: origin.value, version, registration, mail, serverTime, fingerprint } };
  }

  register(input: RegisterInput): Promise<AccountResult<OwnAccount>> {
    return this.#registering.take(async () => {
      if (this.#registered !== undefined) return failed('accountExists');
      const wanted = await this.#parseWanted(input);
      if (wanted.outcome === 'failed') return wanted;
      const result = (await this.#takeUpFor(wanted.value)) ?? (await this.#begin(wanted.value));
      wanted.value.password.purge();
      return result;
    });
  }

  resumeRegistration(): Promise<AccountResult<OwnAccount> | undefined> {
    return this.#registering.take(async () => {
      const { pending } = this.#registration;
      return pending === undefined ? undefined : this.#resume(pending);
    });
  }

  async signIn(proof: PasswordProof): Promise<AccountResult<OwnAccount>> {
    const link = this.link;
    const record = this.#registered;
    if (link === undefined || record === undefined) return failed('noAccount');
    if (!link.standing.isListed) return failed('unlinked');
    const entered = parseProof(proof);
    if (entered.outcome === 'failed') return entered;
    entered.value.password.purge();
    let result = await this.#attempt(record, proof);
    if (result.outcome === 'refused') {
      if (!(await link.standing.check())) return failed('unlinked');
      // A server that was put back to before this device was linked has its list again now.
      result = await this.#attempt(record, proof);
    }
    switch (result.outcome) {
      case 'ok':
        link.signedIn(result.value);
        return { outcome: 'ok', value: ownAccountOf(record) };
      case 'refused':
        return failureOf(result);
      case 'failed':
        return (await this.#isGone(link, result)) ? failed('accountGone') : result;
    }
  }

  async #attempt(record: AccountRecord, proof: PasswordProof): ReturnType<PasswordSignIn['run']> {
    const entered = parseProof(proof);
    if (entered.outcome === 'failed') return entered;
    return this.#parts.turns.take(() =>
      withApi(record.server.origin, (api) => this.#passwordSignIn.run(api, record, entered.value)),
    );
  }

  /** A name that the server does not know gets another salt, or a wrong password: is it that? */
  async #isGone({ standing }: ServerLink, { failure: { code } }: Failed): Promise<boolean> {
    if (code !== 'wrongCredentials' && code !== 'serverWeakensPassword') return false;
    await standing.check();
    return standing.isDisowned;
  }

  /** The profile key of the account as it is now. Throws without an account. */
  get profileKey(): Bytes {
    const record = this.#registered;
    if (record === undefined) throw new Error('there is no account');
    return record.keys.profileKey;
  }

  /** Another own device has replaced the keys of the account. Part of a transaction. */
  adoptKeys(rotation: AccountKeyRotation): void {
    adoptKeys(this.#parts.accounts, rotation);
  }

  async signOut(): Promise<void> {
    const { link } = this;
    if (link === undefined) return;
    await link.account.call('signOut', {});
    await this.#parts.turns.take(async () => {
      const record = this.#registered;
      if (record !== undefined) this.#parts.accounts.save({ ...record, tokens: undefined });
    });
    link.signedOut();
  }

  async checkAccount(input: {
    readonly address: string;
    readonly identifier: string;
    readonly password: string;
    readonly secondFactor?: string | undefined;
  }): Promise<AccountResult<{ readonly username: Username }>> {
    const origin = parseOrigin(input.address);
    if (origin.outcome === 'failed') return origin;
    const identifier = input.identifier.trim();
    if (!isIdentifier(identifier)) return failed('wrongCredentials');
    const entered = parseProof(input);
    if (entered.outcome === 'failed') return entered;
    const result = await withApi(origin.value, async (api) => {
      const contact = await contactServer(api, undefined);
      return contact.outcome === 'failed' ? contact : checkPassword(api, identifier, entered.value);
    });
    entered.value.password.purge();
    return result;
  }

  /** Nothing may be asked of this service afterwards. */
  async close(): Promise<void> {
    await this.#link?.close();
  }

  get #registered(): AccountRecord | undefined {
    const record = this.#parts.accounts.find();
    return record?.phase === 'registered' ? record : undefined;
  }

  async #parseWanted(input: RegisterInput): Promise<AccountResult<Wanted>> {
    const origin = parseOrigin(input.address);
    if (origin.outcome === 'failed') return origin;
    const username = parseUsername(input.username.trim());
    if (username === undefined) return failed('usernameInvalid');
    const typedEmail = typedInto(input.email);
    if (!RegisterRequest.shape.email.safeParse(typedEmail).success) return failed('emailInvalid');
    const typedCode = typedInto(input.inviteCode);
    if (!RegisterRequest.shape.inviteCode.safeParse(typedCode).success) return failed('inviteUnknown');
    const verdict = await this.#parts.judgePassword(input.password, [
      username,
      ...(typedEmail === undefined ? [] : [typedEmail]),
    ]);
    if (verdict.outcome === 'tooShort') return failed('passwordTooShort', { least: verdict.least });
    const password = verdict.outcome === 'strong' ? parsePassword(input.password) : undefined;
    if (password === undefined) return failed('passwordTooWeak');
    return {
      outcome: 'ok',
      value: { origin: origin.value, username, email: typedEmail, inviteCode: typedCode, password },
    };
  }

  /**
   * An earlier registration may wait for its end. The same one again goes on with it; another one replaces it, unless the
   * server turns out to have made the account. `undefined`: nothing stands in the way of a new registration.
   */
  async #takeUpFor(wanted: Wanted): Promise<AccountResult<OwnAccount> | undefined> {
    const { pending } = this.#registration;
    if (pending === undefined) return undefined;
    if (await this.#registration.isFor(pending, wanted)) return this.#resume(pending);
    const claimed = await withApi(pending.server.origin, async (api) => {
      const contact = await contactServer(api, restoreServerPin(pending.server));
      return contact.outcome === 'failed' ? contact : this.#registration.claim(api, pending);
    });
    if (claimed?.outcome === 'ok') {
      this.#finish(claimed.value);
      return failed('accountExists');
    }
    // Asked to register elsewhere, a person is not held by a server that has gone for good.
    if (claimed?.outcome === 'failed' && pending.server.origin === wanted.origin) return claimed;
    this.#registration.discard();
    return undefined;
  }

  async #resume(pending: AccountRecord): Promise<AccountResult<OwnAccount>> {
    const result = await withApi(pending.server.origin, (api) => this.#registration.resume(api, pending));
    return result.outcome === 'ok' ? this.#finish(result.value) : result;
  }

  async #begin({ origin, ...details }: Wanted): Promise<AccountResult<OwnAccount>> {
    const result = await withApi(origin, async (api) => {
      const contact = await contactServer(api, undefined);
      if (contact.outcome === 'failed') return contact;
      if (contact.value.info.registration === 'closed') return failed('registrationClosed');
      return this.#registration.begin(api, { ...details, server: pinnedServerOf(origin, contact.value.pin) });
    });
    return result.outcome === 'ok' ? this.#finish(result.value) : result;
  }

  #finish({ record, grant }: Registered): AccountResult<OwnAccount> {
    this.link?.signedIn(grant);
    return { outcome: 'ok', value: ownAccountOf(record) };
  }
}

const isIdentifier = (text: string): boolean => text.length > 0 && text.length <= 254;
