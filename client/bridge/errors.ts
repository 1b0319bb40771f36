/**
 * Every way in which the core refuses something that the interface asked for. The interface owns the words (one text a code
 * and language); the core owns the facts. `params` of a {@link BridgeFailure} fill the words in, never a secret.
 */
export const BRIDGE_ERROR_CODES = [
  /** The call itself is malformed: a fault of the caller, not of the person. */
  'badCall',
  'locked',
  'wrongPassphrase',
  'storageBroken',
  /** Another program holds this profile's database. */
  'profileInUse',
  'noAccount',
  'accountExists',
  'badAddress',
  /** Plain HTTP to anything but this machine. */
  'insecureAddress',
  /** Nothing answered; nothing was sent that is not kept. */
  'serverAway',
  'notASottoServer',
  /** The server shows another trust root than the one pinned; `params.fingerprint` is the new one. */
  'serverIdentityChanged',
  /** The server wants a weaker password stretch than the one pinned. */
  'serverWeakensPassword',
  'registrationClosed',
  /** The host lets in whoever has an invite code. */
  'inviteRequired',
  'inviteUnknown',
  'usernameInvalid',
  'usernameTaken',
  'emailInvalid',
  'emailTaken',
  /** `params.least` characters at least. */
  'passwordTooShort',
  'passwordTooWeak',
  'wrongCredentials',
  /** The password is right, and was reset: what this device keeps under the one before opens with that one alone. */
  'keysUnderEarlierPassword',
  /** No answer came: the password is the one before or the new one. */
  'passwordInDoubt',
  'wrongEarlierPassword',
  /** What was typed to confirm is not the name of the account. */
  'usernameDiffers',
  /** The password is right; a code of the authenticator or a backup code is wanted as well. */
  'secondFactorRequired',
  'wrongSecondFactor',
  /** The server knows no such account any more. */
  'accountGone',
  /** The host has closed the account. */
  'accountDisabled',
  /** Used, replaced, expired or never sent. */
  'mailCodeUnknown',
  'mailOff',
  /** The owner has locked linking. */
  'linkingLocked',
  'signedOut',
  /** This device has been taken off the account's list. */
  'unlinked',
  'rateLimited',
  'personNotFound',
  'personIsSelf',
  'chatNotFound',
  'messageNotFound',
  'textEmpty',
  'textTooLong',
  /** The text holds a linking code or a recovery key, which nobody should ever send. */
  'textHoldsSecret',
  'deviceNotFound',
  /** The account must keep a device that can link. */
  'lastLinkDevice',
  /** `params.limit` devices are the most. */
  'tooManyDevices',
  /** The recovery kit has to be confirmed before a device can be linked. */
  'kitUnconfirmed',
  'kitConfirmed',
  /** The groups that were typed are not those of the key. */
  'kitGroupsDiffer',
  /** A link, join or recovery is in another state than the call needs. */
  'notNow',
  /** The devices of the account changed meanwhile; nothing was changed. */
  'devicesChanged',
  'linkCodeUnreadable',
  /** The code was made by a newer version of the program. */
  'linkCodeNewer',
  'linkCodeUnknown',
  'linkCodeUsed',
  'linkCodeExpired',
  /** The server takes codes shown by new devices only where its host allows it. */
  'reverseLinkingOff',
  'recoveryKeyUnreadable',
  /** `params.group` is mistyped. */
  'recoveryKeyMistyped',
  /** No account of this server belongs to this recovery key. */
  'recoveryKeyUnknown',
  'transferNotFound',
  'notABackup',
  'backupNewer',
  'backupDamaged',
  /** Of another account than this profile's. */
  'backupForeign',
  'wrongBackupSecret',
  'diskFull',
  'internal',
] as const;

export type BridgeErrorCode = (typeof BRIDGE_ERROR_CODES)[number];

export interface BridgeFailure {
  readonly code: BridgeErrorCode;
  readonly params: Readonly<Record<string, string | number>>;
}

/** Thrown on both sides of the bridge; crosses it as a {@link BridgeFailure}. */
export class BridgeError extends Error {
  override readonly name = 'BridgeError';
  readonly failure: BridgeFailure;

  constructor(code: BridgeErrorCode, params: BridgeFailure['params'] = {}, options?: ErrorOptions) {
    super(code, options);
    this.failure = { code, params };
  }
}

const KNOWN: ReadonlySet<string> = new Set(BRIDGE_ERROR_CODES);

export const isBridgeErrorCode = (value: string): value is BridgeErrorCode => KNOWN.has(value);
