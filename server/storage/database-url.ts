import { isAbsolute, resolve } from 'node:path';
import { UnusableDatabaseError } from './unusable-database-error.js';

export type DatabaseTarget =
  | { readonly kind: 'embedded'; readonly folder: string }
  | {
      readonly kind: 'mysql';
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly password: string;
      readonly database: string;
      readonly tls: boolean;
    };

const FORMS =
  'Set it to embedded:/path/to/folder, or to mysql://user:password@host:3306/database (add ?tls=verify for a checked TLS connection).';

const refuse = (why: string): never => {
  // Never the address itself: it may hold a password.
  throw new UnusableDatabaseError(`The database address ${why}. ${FORMS}`);
};

const parseMysql = (url: URL): DatabaseTarget => {
  const database = decodeURIComponent(url.pathname.slice(1));
  if (!/^[A-Za-z0-9_$-]{1,64}$/.test(database)) refuse('names no database, or one with unusual characters');
  if (url.hostname === '' || url.username === '') refuse('lacks the host or the user');
  for (const name of url.searchParams.keys()) if (name !== 'tls') refuse(`has an unknown setting "${name}"`);
  const tls = url.searchParams.get('tls');
  if (tls !== null && tls !== 'verify') refuse('asks for an unknown kind of TLS');
  return {
    kind: 'mysql',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 3306 : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database,
    tls: tls === 'verify',
  };
};

/** Reads the address of a database; throws {@link UnusableDatabaseError} with words for the operator. */
export const parseDatabaseUrl = (text: string): DatabaseTarget => {
  if (text.startsWith('embedded:')) {
    const folder = text.slice('embedded:'.length);
    if (folder === '') refuse('names no folder');
    return { kind: 'embedded', folder: isAbsolute(folder) ? folder : resolve(folder) };
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'mysql:') return refuse('is of an unknown kind');
  return parseMysql(url);
};
