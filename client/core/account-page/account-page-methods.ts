import { valueOf } from '../account/failure.js';
import type { CoreContext, CoreMethods } from '../core-context.js';

/** The pages of the account, as an interface calls them. */
export const accountPageMethods = (core: CoreContext) => {
  const page = () => core.running().page;
  const working = () => core.working().page;
  const reset = () => core.profile().passwordReset;
  return {
    accountPage: async () => valueOf(await page().view()),
    changeEmail: async ({ email, ...proof }) => valueOf(await working().changeEmail(proof, email)),
    confirmEmail: async ({ code }) => valueOf(await page().confirmEmail(code)),
    changePassword: async ({ newPassword, ...proof }) => {
      valueOf(await working().password.change(proof, newPassword));
      return {};
    },
    openWithEarlierPassword: async ({ earlierPassword, ...proof }) => {
      valueOf(await working().password.openWithEarlier(proof, earlierPassword));
      return {};
    },
    proposeSecondFactor: async (proof) => valueOf(await working().proposeSecondFactor(proof)),
    confirmSecondFactor: async ({ code }) => valueOf(await working().confirmSecondFactor(code)),
    renewBackupCodes: async (proof) => valueOf(await working().renewBackupCodes(proof)),
    removeSecondFactor: async (proof) => valueOf(await working().removeSecondFactor(proof)),
    lockLinking: async () => valueOf(await working().lockLinking()),
    unlockLinking: async (proof) => valueOf(await working().unlockLinking(proof)),
    exportAccount: async (proof) => valueOf(await working().export(proof)),
    deleteAccount: async (proof) => {
      valueOf(await working().delete(proof));
      return core.eraseProfile();
    },
    eraseProfile: ({ username }) => core.eraseProfile(username),
    requestPasswordReset: async (input) => {
      valueOf(await reset().request(input));
      return {};
    },
    resetPassword: async (input) => {
      valueOf(await reset().reset(input));
      return {};
    },
  } satisfies Partial<CoreMethods>;
};
