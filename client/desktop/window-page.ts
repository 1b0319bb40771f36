import { extname, join, relative, sep } from 'node:path';
import { readdirSync, readFileSync } from 'node:fs';
import type { Protocol } from 'electron';
import { contentSecurityPolicy, PAGE_FILE_TYPES, PERMISSIONS_POLICY, policyOfFile } from '@sotto/client/bridge';

/** The interface has an origin of its own, which no server can have and no file of the disk shares. */
export const PAGE_SCHEME = 'app';
export const PAGE_ORIGIN = 'app://sotto';
export const PAGE_URL = `${PAGE_ORIGIN}/index.html`;

/** Must be registered before Electron is ready. */
export const registerPageScheme = (protocol: Pick<Protocol, 'registerSchemesAsPrivileged'>): void => {
  protocol.registerSchemesAsPrivileged([
    // Fetching is for the worker that reads codes: it loads its WebAssembly. The page's own policy lets it fetch nothing.
    { scheme: PAGE_SCHEME, privileges: { standard: true, secure: true, codeCache: true, supportFetchAPI: true } },
  ]);
};

interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** By request path; a request can only ever name what is in here. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** Reads the built interface into memory. */
export const loadPageFiles = (folder: string): PageFiles =>
  new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => {
        const type = PAGE_FILE_TYPES.get(extname(path));
        if (type === undefined) throw new Error(`no content type is known for ${relative(folder, path)}`);
        return [`/${relative(folder, path).split(sep).join('/')}`, { type, bytes: new Uint8Array(readFileSync(path)) }];
      }),
  );

/** The page loads its own files and talks to nobody: its road to the core is a port that was put into its hand. */
const HEADERS = {
  'Content-Security-Policy': contentSecurityPolicy("'none'"),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Permissions-Policy': PERMISSIONS_POLICY,
} as const;

/** Answers one request for the page or one of its files. */
const answerPageRequest = (files: PageFiles, request: Pick<Request, 'method' | 'url'>): Response => {
  const { protocol, host, pathname } = new URL(request.url);
  const file = `${protocol}//${host}` === PAGE_ORIGIN && request.method === 'GET' ? files.get(pathname) : undefined;
  if (file === undefined) return new Response(null, { status: 404, headers: HEADERS });
  const policy = policyOfFile(pathname) ?? HEADERS['Content-Security-Policy'];
  return new Response(file.bytes, {
    headers: { ...HEADERS, 'Content-Security-Policy': policy, 'Content-Type': file.type },
  });
};

export const servePage = (protocol: Pick<Protocol, 'handle'>, files: PageFiles): void => {
  protocol.handle(PAGE_SCHEME, (request) => answerPageRequest(files, request));
};
