import type { BackupView, CoreApi } from '@sotto/client/bridge';

/** Bytes of a file that cross the bridge at once; as base64 they stay well below the longest message. */
const CHUNK_BYTES = 384 * 1_024;
/** Arguments that one call can take safely. */
const CHARACTERS_AT_ONCE = 8_192;

export type Progress = (done: number, total: number) => void;

const toBase64 = (bytes: Uint8Array): string => {
  let characters = '';
  for (let at = 0; at < bytes.length; at += CHARACTERS_AT_ONCE)
    characters += String.fromCharCode(...bytes.subarray(at, at + CHARACTERS_AT_ONCE));
  return btoa(characters);
};

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

export interface BackupFile {
  readonly name: string;
  readonly content: Blob;
}

/** Has the core write a backup and brings it over, piece by piece. */
export const exportBackup = async (api: CoreApi, passphrase: string, progress: Progress): Promise<BackupFile> => {
  const { transfer, fileName, length } = await api.call('startBackup', { passphrase });
  try {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let offset = 0;
    for (let end = false; !end;) {
      const piece = await api.call('readBackup', { transfer, offset });
      const bytes = fromBase64(piece.bytes);
      pieces.push(bytes);
      offset += bytes.length;
      end = piece.end;
      progress(offset, length);
    }
    return { name: fileName, content: new Blob(pieces, { type: 'application/octet-stream' }) };
  } finally {
    await api.call('closeTransfer', { transfer });
  }
};

/** Hands a backup file to the core, piece by piece, and has it opened. */
export const restoreBackup = async (
  api: CoreApi,
  file: Blob,
  secret: string,
  progress: Progress,
): Promise<BackupView> => {
  const { transfer } = await api.call('startRestore', {});
  try {
    for (let offset = 0; offset < file.size; offset += CHUNK_BYTES) {
      const piece = new Uint8Array(await file.slice(offset, offset + CHUNK_BYTES).arrayBuffer());
      await api.call('writeRestore', { transfer, offset, bytes: toBase64(piece) });
      progress(Math.min(offset + CHUNK_BYTES, file.size), file.size);
    }
    return await api.call('finishRestore', { transfer, secret });
  } finally {
    await api.call('closeTransfer', { transfer });
  }
};
