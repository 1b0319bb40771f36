import { type } from 'node:os';

const NAMES: Readonly<Record<string, string>> = { Darwin: 'macOS', Windows_NT: 'Windows' };

/** What this machine runs on, as people call it. */
export const thisSystem = (): string => NAMES[type()] ?? type();
