import { createHash, randomBytes } from 'node:crypto';
import type { Bytes } from '@sotto/protocol/wire';

/** Without I, L, O and U (Crockford): nothing that is read as something else. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 16;
const GROUP = 4;
const CODE = new RegExp(`^[${ALPHABET}]{${LENGTH}}$`);
const READ_AS: Readonly<Record<string, string>> = { I: '1', L: '1', O: '0' };

/** What a code is for: one that was made for something opens nothing else. */
export type ShortCodePurpose = 'invite' | 'backup' | 'confirm' | 'reset';

/** 80 random bits for people to type: `7K2M-Q0XR-9BTE-HW4C`. Too many to guess, even for whoever has the hash. */
export const newShortCode = (): string => {
  const characters = [...randomBytes(LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length] ?? '').join('');
  return characters.replaceAll(new RegExp(`.{${GROUP}}(?=.)`, 'g'), '$&-');
};

/** All that the server keeps of a code, however it was typed. `undefined`: this cannot be one. */
export const shortCodeHash = (purpose: ShortCodePurpose, typed: string): Bytes | undefined => {
  const characters = typed
    .toUpperCase()
    .replaceAll(/[\s-]/g, '')
    .replaceAll(/[ILO]/g, (character) => READ_AS[character] ?? character);
  if (!CODE.test(characters)) return undefined;
  return new Uint8Array(createHash('sha256').update(`sotto/short-code/1 ${purpose} ${characters}`).digest());
};
