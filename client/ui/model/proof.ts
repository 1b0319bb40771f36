import { signal, type Signal } from '@preact/signals';
import type { PasswordProof } from '@sotto/client/bridge';

/** What somebody types to show that it is he. */
export interface Proof {
  readonly password: Signal<string>;
  readonly secondFactor: Signal<string>;
}

export const createProof = (): Proof => ({ password: signal(''), secondFactor: signal('') });

/** As the core takes it: a code only where one was typed. */
export const proofOf = ({ password, secondFactor }: Proof): PasswordProof => {
  const code = secondFactor.peek().trim();
  return { password: password.peek(), ...(code === '' ? {} : { secondFactor: code }) };
};
