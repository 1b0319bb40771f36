import type { CoreApi } from '../bridge/index.js';
import type { Options } from './arguments.js';
import type { Output } from './output.js';
import type { Terminal } from './secret-input.js';

/** What a command works with. `ended` resolves when the person has had enough (Ctrl-C). */
export interface CommandContext {
  readonly core: CoreApi;
  readonly options: Options;
  readonly operands: readonly string[];
  readonly output: Output;
  readonly terminal: Terminal;
  readonly ended: Promise<void>;
}

export type Command = (context: CommandContext) => Promise<void>;

/** What a command was asked for has come to nothing, without anything having failed. */
export class CommandRefusal extends Error {
  override readonly name = 'CommandRefusal';
  /** For programs; the message is for people. */
  readonly code: string;

  constructor(code: string, words: string) {
    super(words);
    this.code = code;
  }
}

/** Sent along where it was given; the server asks where it is missing. */
export const secondFactorOf = ({ options: { secondFactor } }: CommandContext): { readonly secondFactor?: string } =>
  secondFactor === undefined ? {} : { secondFactor };
