import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** What the server reads, and what only scripts and the compose file do. */
const settings = [...read('server/config/config.ts').matchAll(/^ {2}(SOTTO_\w+|DATABASE_URL|REDIS_URL): z/gm)].map(
  ([, name]) => name ?? '',
);
const OTHERS = ['SOTTO_WORKERS', 'SOTTO_MYSQL_PASSWORD', 'SOTTO_MYSQL_BUFFER'];

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks?: readonly string[];
  readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly command?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: object;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
}

const compose = parse(read('docker-compose.yml')) as Compose;
const serviceNames = Object.keys(compose.services);

const namesIn = (text: string): string[] => [
  ...new Set([...text.matchAll(/\b(SOTTO_[A-Z_]+|DATABASE_URL|REDIS_URL)\b/g)].map(([, name]) => name ?? '')),
];

describe('Settings', () => {
  it.each(['.env.example', 'docs/self-hosting.md'])('%s names every one', (path) => {
    const named = namesIn(read(path));
    expect(settings.filter((name) => !named.includes(name))).toEqual([]);
    expect(settings.length).toBeGreaterThan(15);
  });

  it.each([
    '.env.example',
    'docs/self-hosting.md',
    'docker-compose.yml',
    'Dockerfile',
    'deploy/sotto.service',
    'README.md',
  ])('%s names none that nobody reads', (path) => {
    const known = new Set([...settings, ...OTHERS]);
    const unknown = namesIn(read(path)).filter((name) => !known.has(name) && !/^SOTTO_(TEST|MYSQL|MYSQLD)/.test(name));
    expect(unknown).toEqual([]);
  });
});

describe('docker-compose.yml', () => {
  it.each(serviceNames)('%s: what it mounts is there', (name) => {
    for (const volume of compose.services[name]?.volumes ?? []) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('./')) expect([source, existsSync(join(root, source))]).toEqual([source, true]);
      else expect(Object.keys(compose.volumes)).toContain(source);
    }
  });

  it.each(serviceNames)('%s: what it joins and waits for is there', (name) => {
    const { networks = [], depends_on: waits = [] } = compose.services[name] ?? {};
    for (const network of networks) expect(Object.keys(compose.networks)).toContain(network);
    for (const other of Array.isArray(waits) ? waits : Object.keys(waits)) expect(serviceNames).toContain(other);
  });

  it.each(serviceNames)('%s: is built here or of a named version', (name) => {
    const { image, build } = compose.services[name] ?? {};
    expect(image ?? build).toBeDefined();
    // `latest` would change under a host who has changed nothing.
    expect(image ?? '').not.toMatch(/:latest$/);
  });

  it('lets nothing in but Caddy, and Grafana from the machine itself', () => {
    const open = Object.entries(compose.services).flatMap(([name, { ports = [] }]) =>
      ports.map((port) => `${name} ${port}`),
    );
    expect(open).toEqual(['caddy 80:80', 'caddy 443:443', 'grafana 127.0.0.1:3000:3000']);
    for (const name of ['mysql', 'redis']) expect(compose.services[name]?.networks).toEqual(['inside']);
    expect(compose.networks['inside']?.internal).toBe(true);
  });

  it('gives the server no more than it needs, and the database what it must have', () => {
    expect(compose.services['server']).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
    const mysql = compose.services['mysql']?.command ?? [];
    expect(mysql).toEqual(expect.arrayContaining(['--innodb-flush-log-at-trx-commit=1', '--sync-binlog=1']));
    // The version of which the suite is known to pass.
    const version = /^mysql:(\d+\.\d+)$/.exec(compose.services['mysql']?.image ?? '')?.[1] ?? 'none';
    expect(read('docs/testing-mysql.md')).toContain(`MySQL ${version}.`);
  });
});

describe('Dockerfile', () => {
  const lines = read('Dockerfile').split('\n');

  it('copies what is there, and what the build context lets through', () => {
    const ignore = read('.dockerignore');
    const sources = lines.flatMap((line) => {
      const [, words = ''] = /^COPY (?!--)(.+)$/.exec(line) ?? [];
      return words.split(' ').slice(0, -1);
    });
    expect(sources.length).toBeGreaterThan(8);
    for (const source of sources) {
      expect([source, existsSync(join(root, source))]).toEqual([source, true]);
      const top = source.split('/')[0] ?? '';
      expect([source, ignore.includes(`!${source}`) || ignore.split('\n').includes(`!${top}`)]).toEqual([source, true]);
    }
  });

  it('names every workspace of the lock file, runs no install script, and not as root', () => {
    const { workspaces } = JSON.parse(read('package.json')) as { readonly workspaces: readonly string[] };
    for (const workspace of workspaces) expect(read('Dockerfile')).toContain(`COPY ${workspace}/package.json`);
    for (const line of lines.filter((text) => text.includes('npm ci'))) expect(line).toContain('--ignore-scripts');
    expect(lines.findLast((line) => line.startsWith('USER '))).toBe('USER node');
  });
});

describe('The board for Grafana', () => {
  it('asks for metrics that the server has', () => {
    const meter = read('server/metrics/meter.ts');
    const names = [...read('deploy/grafana/sotto.json').matchAll(/\b(sotto_[a-z_]+)/g)].map(([, name]) => name ?? '');
    expect(names.length).toBeGreaterThan(15);
    for (const name of names) expect(meter).toContain(`${name.replace(/_(bucket|count|sum)$/, '')}:`);
  });
});
