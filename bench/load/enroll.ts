import { registerLoadUser, type LoadUser } from '../relay/sotto-registration.js';

/** The server hashes a bounded number of secrets at once. */
const AT_ONCE = 4;

/** Registers people one small group after the other. */
export const enroll = async (address: string, count: number): Promise<readonly LoadUser[]> => {
  const users: LoadUser[] = [];
  while (users.length < count) {
    const from = users.length;
    const group = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, index) =>
      registerLoadUser(address, `load${String(from + index)}`),
    );
    users.push(...(await Promise.all(group)));
  }
  return users;
};
