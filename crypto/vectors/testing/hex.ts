import type { Bytes } from '../../keys.js';

/** Bytes as vectors write them. */
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Bytes as vectors hold them. */
export const fromHex = (hex: string): Bytes => new Uint8Array(Buffer.from(hex, 'hex'));
