import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';

/** A program of this folder as a process of its own, which answers one question after the other. */
export interface Child {
  ask<Answer extends z.ZodType>(question: object, answer: Answer): Promise<z.infer<Answer>>;
  stop(): Promise<void>;
}

export const startChild = (program: string, args: readonly string[]): Child => {
  const child = fork(fileURLToPath(new URL(program, import.meta.url)), [...args]);
  const ended = new Promise<never>((_, reject) => {
    child.once('exit', (code) => {
      reject(new Error(`${program} ended with ${String(code)}`));
    });
  });
  // Met where somebody asks; a process that has been stopped is to end.
  ended.catch(() => undefined);
  return {
    ask: async (question, answer) => {
      const answered = new Promise<unknown>((resolve) => child.once('message', resolve));
      child.send(question);
      return answer.parse(await Promise.race([answered, ended]));
    },
    stop: async () => {
      child.disconnect();
      await ended.catch(() => undefined);
    },
  };
};
