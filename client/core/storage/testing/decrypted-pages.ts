import { createDecipheriv } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';

const PAGE = 4_096;
/** IV and HMAC at the end of each page, as SQLCipher 4 lays them. */
const RESERVE = 80;
const IV = 16;
const SALT = 16;
const WAL_HEADER = 32;
const FRAME_HEADER = 24;

const decrypted = (page: Buffer, key: Uint8Array, isFirst: boolean): Buffer => {
  const end = PAGE - RESERVE;
  const decipher = createDecipheriv('aes-256-cbc', key, page.subarray(end, end + IV)).setAutoPadding(false);
  return Buffer.concat([decipher.update(page.subarray(isFirst ? SALT : 0, end)), decipher.final()]);
};

/** Every page of a database file and of its log of changes as somebody with the key would read them from the disk, used or free. */
export const decryptedPages = (path: string, key: Uint8Array): Buffer => {
  const file = readFileSync(path);
  const pages: Buffer[] = [];
  for (let at = 0; at + PAGE <= file.length; at += PAGE) {
    pages.push(decrypted(file.subarray(at, at + PAGE), key, at === 0));
  }
  const log = existsSync(`${path}-wal`) ? readFileSync(`${path}-wal`) : Buffer.alloc(0);
  for (let at = WAL_HEADER; at + FRAME_HEADER + PAGE <= log.length; at += FRAME_HEADER + PAGE) {
    const start = at + FRAME_HEADER;
    pages.push(decrypted(log.subarray(start, start + PAGE), key, log.readUInt32BE(at) === 1));
  }
  return Buffer.concat(pages);
};
