import { SignInRequest } from '@sotto/protocol/wire';

/** A code as a request carries it, or none. */
export type SecondFactorField = { readonly secondFactor?: string };

/** What was typed of a second factor, if anything; `undefined`: no code can look like this. */
export const parseSecondFactor = (typed: string | undefined): SecondFactorField | undefined => {
  const code = typed?.trim() ?? '';
  if (code === '') return {};
  return SignInRequest.shape.secondFactor.safeParse(code).success ? { secondFactor: code } : undefined;
};
