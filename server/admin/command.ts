import type { ServerConfig } from '../config/config.js';
import type { Clock } from '../domain/clock.js';
import type { Log } from '../log.js';
import type { Storage } from '../storage/storage.js';

/** The operator has typed something else than a command takes; the message says what would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What a command works with. */
export interface AdminContext {
  readonly config: ServerConfig;
  readonly clock: Clock;
  readonly log: Log;
  /** Opened at the first call, closed at the end. */
  storage(): Promise<Storage>;
  /** One line for a person; left out where the answer is wanted as JSON. */
  readonly say: (line: string) => void;
  /** The answer as a program reads it. */
  readonly answer: (value: object) => void;
}

/** Words after the command, and what was given as `--name value`. */
export interface AdminArguments {
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
}

/** Resolves with the exit code. */
export type AdminCommand = (context: AdminContext, given: AdminArguments) => Promise<number>;

/** A whole number from an option. */
export const numberOption = (
  { options }: AdminArguments,
  name: string,
  { least, most, otherwise }: { readonly least: number; readonly most: number; readonly otherwise: number },
): number => {
  const given = options[name];
  if (given === undefined) return otherwise;
  const value = Number(given);
  if (!Number.isInteger(value) || value < least || value > most)
    throw new UsageError(`--${name} must be a whole number from ${least} to ${most}.`);
  return value;
};

export const wordAt = ({ words }: AdminArguments, index: number, what: string): string => {
  const word = words[index];
  if (word === undefined) throw new UsageError(`Name ${what}.`);
  return word;
};
