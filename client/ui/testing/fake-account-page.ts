import {
  BridgeError,
  UnixMsValue,
  UsernameValue,
  type ACCOUNT_PAGE_METHODS,
  type AccountPageView,
  type AppView,
  type ParamsOf,
  type ResultOf,
} from '@sotto/client/bridge';

/** The account as the fake server has it. */
export interface FakeAccountPage {
  readonly setPage: (changes: Partial<AccountPageView>) => void;
}

export interface FakeAccountPageGround {
  readonly password: () => string;
  readonly setPassword: (password: string) => void;
  readonly username: () => string;
  readonly erase: () => AppView;
}

type PageMethod = keyof typeof ACCOUNT_PAGE_METHODS;
export type PageHandlers = { readonly [M in PageMethod]: (params: ParamsOf<M>) => ResultOf<M> };

export const MAIL_CODE = 'AB3D-EFGH-JKMN-PQRS';
const BACKUP_CODES = Array.from({ length: 10 }, (_, index) => `${String(1_000 + index * 733)}-AB3D-EF7H-JKMN`);

export const createFakeAccountPage = (
  ground: FakeAccountPageGround,
): FakeAccountPage & { readonly pageHandlers: PageHandlers } => {
  const since = UnixMsValue.parse(1_772_000_000_000);
  let changes: Partial<AccountPageView> = {};
  const page = (): AccountPageView => ({
    username: UsernameValue.parse(ground.username()),
    createdAt: since,
    secondFactor: false,
    backupCodes: 0,
    linkingLocked: false,
    keysClosed: false,
    mail: true,
    ...changes,
  });
  const change = (next: Partial<AccountPageView>): AccountPageView => {
    changes = { ...changes, ...next };
    return page();
  };
  const check = ({ password }: { readonly password: string }): void => {
    if (password !== ground.password()) throw new BridgeError('wrongCredentials');
  };
  const checkNew = (password: string): void => {
    if (password.length < 10) throw new BridgeError('passwordTooShort', { least: 10 });
  };
  const checkCode = (code: string): void => {
    if (code.trim().toUpperCase() !== MAIL_CODE) throw new BridgeError('mailCodeUnknown');
  };
  const pageHandlers: PageHandlers = {
    accountPage: page,
    changeEmail: ({ email, ...proof }) => {
      if (email !== undefined && !email.includes('@')) throw new BridgeError('emailInvalid');
      check(proof);
      if (email === undefined) {
        const { email: _, emailConfirmedAt: __, pendingEmail: ___, ...rest } = changes;
        changes = rest;
        return { confirmationSent: false, page: page() };
      }
      return { confirmationSent: true, page: change({ pendingEmail: email }) };
    },
    confirmEmail: ({ code }) => {
      checkCode(code);
      const { pendingEmail, ...rest } = changes;
      changes = { ...rest, ...(pendingEmail === undefined ? {} : { email: pendingEmail, emailConfirmedAt: since }) };
      return page();
    },
    changePassword: ({ newPassword, ...proof }) => {
      checkNew(newPassword);
      check(proof);
      ground.setPassword(newPassword);
      return {};
    },
    openWithEarlierPassword: ({ earlierPassword, ...proof }) => {
      check(proof);
      if (earlierPassword !== 'earlier password') throw new BridgeError('wrongEarlierPassword');
      change({ keysClosed: false });
      return {};
    },
    proposeSecondFactor: (proof) => {
      check(proof);
      const secret = 'JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP';
      return { secret, uri: `otpauth://totp/Sotto:alice?secret=${secret.replaceAll(' ', '')}&issuer=Sotto` };
    },
    confirmSecondFactor: ({ code }) => {
      if (code !== '482917') throw new BridgeError('wrongSecondFactor');
      change({ secondFactor: true, backupCodes: BACKUP_CODES.length });
      return { backupCodes: BACKUP_CODES };
    },
    renewBackupCodes: (proof) => {
      check(proof);
      change({ backupCodes: BACKUP_CODES.length });
      return { backupCodes: BACKUP_CODES };
    },
    removeSecondFactor: (proof) => {
      check(proof);
      return change({ secondFactor: false, backupCodes: 0 });
    },
    lockLinking: () => change({ linkingLocked: true }),
    unlockLinking: (proof) => {
      check(proof);
      return change({ linkingLocked: false });
    },
    exportAccount: (proof) => {
      check(proof);
      return { fileName: 'sotto-alice.json', text: '{}\n' };
    },
    deleteAccount: (proof) => {
      check(proof);
      return ground.erase();
    },
    eraseProfile: ({ username }) => {
      if (username.replace('@', '') !== ground.username()) throw new BridgeError('usernameDiffers');
      return ground.erase();
    },
    requestPasswordReset: () => ({}),
    resetPassword: ({ code, newPassword }) => {
      checkNew(newPassword);
      checkCode(code);
      ground.setPassword(newPassword);
      return {};
    },
  };
  return { setPage: (next) => void change(next), pageHandlers };
};
