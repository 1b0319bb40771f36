import { z } from 'zod';

/** As typed; whether it is one, and the right one, the core says. */
export const Password = z.string().min(1).max(1_024);

/** Where a second factor is on: the present code of the authenticator, or a backup code. Asked for by `secondFactorRequired`. */
export const SecondFactor = z.string().max(64).optional();

/** What shows that the person at this device may do what follows. */
export interface PasswordProof {
  readonly password: string;
  readonly secondFactor?: string | undefined;
}
