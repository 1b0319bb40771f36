import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** Where a command reads secrets and text from: the process's own streams, or a test's. */
export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable;
  readonly errorOutput: Writable;
}

/** Thrown where a secret is needed and no way of giving it was used; its message says which ways there are. */
export class NoSecretError extends Error {
  override readonly name = 'NoSecretError';
}

/** All of standard input, without the line break at its end. */
export const readAll = async (input: Readable): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk as Uint8Array | string));
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
};

const prompt = (terminal: Terminal, question: string, echo: 'echo' | 'silent'): Promise<string> =>
  new Promise((resolve, reject) => {
    terminal.errorOutput.write(question);
    // An output that writes nothing keeps a typed secret off the screen.
    const output = echo === 'echo' ? terminal.errorOutput : undefined;
    const lines = createInterface({ input: terminal.input, terminal: true, output });
    lines.once('line', (line) => {
      lines.close();
      if (echo === 'silent') terminal.errorOutput.write('\n');
      resolve(line);
    });
    lines.once('SIGINT', () => {
      lines.close();
      reject(new NoSecretError('Interrupted.'));
    });
  });

interface Source {
  readonly file: string | undefined;
  readonly option: string;
  readonly question: string;
}

/**
 * A secret from a file, from standard input (file "-"), or asked for on the terminal without echo. Never from an argument or
 * the environment, where other programs can read it.
 */
export const readSecret = (terminal: Terminal, source: Source): Promise<string> => readFrom(terminal, source, 'silent');

/** The same for what need not be hidden while it is typed. */
export const readAnswer = (terminal: Terminal, source: Source): Promise<string> => readFrom(terminal, source, 'echo');

const readFrom = async (terminal: Terminal, source: Source, echo: 'echo' | 'silent'): Promise<string> => {
  if (source.file === '-') return readAll(terminal.input);
  if (source.file !== undefined) return (await readFile(source.file, 'utf8')).replace(/\r?\n$/, '');
  if (terminal.input.isTTY === true) return prompt(terminal, source.question, echo);
  throw new NoSecretError(`Give ${source.option} FILE ("-" reads standard input), or run in a terminal to be asked.`);
};
