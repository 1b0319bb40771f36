import { readdirSync, readFileSync } from 'node:fs';
import { PAGE_FILE_TYPES } from '@sotto/client/bridge';
import { extname, join, relative, sep } from 'node:path';

export interface UiFile {
  readonly type: string;
  readonly bytes: Buffer;
}

/** The built interface by request path. A request can only ever name what is in here: there is no path to walk. */
export type UiFiles = ReadonlyMap<string, UiFile>;

/** The interface of this package has not been built, or not all of its files have a type that we serve. */
class UiNotBuiltError extends Error {
  override readonly name = 'UiNotBuiltError';
}

/** Reads the built interface into memory. `/` is its start page. */
export const loadUiFiles = (folder: string): UiFiles => {
  const files = new Map<string, UiFile>();
  for (const path of filesBelow(folder)) {
    const type = PAGE_FILE_TYPES.get(extname(path));
    if (type === undefined) throw new UiNotBuiltError(`no content type is known for ${relative(folder, path)}`);
    files.set(`/${relative(folder, path).split(sep).join('/')}`, { type, bytes: readFileSync(path) });
  }
  const start = files.get('/index.html');
  if (start === undefined) throw new UiNotBuiltError('the interface has no start page: run "npm run build" first');
  return files.set('/', start);
};

const filesBelow = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    throw new UiNotBuiltError('the interface is not built: run "npm run build" first', { cause: error });
  }
};
