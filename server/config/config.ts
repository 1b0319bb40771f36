import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { LIMITS } from '@sotto/protocol/wire';
import { z } from 'zod';

/** What an operator can set; every part has a default that suits one machine. */
export interface ServerConfig {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Holds the embedded database and whatever else the server keeps on disk. */
  readonly dataFolder: string;
  readonly databaseUrl: string;
  /** Holds sealed archives; shared by all processes of one database. */
  readonly blobFolder: string;
  /** Bytes that the archives of one account may take. */
  readonly archiveQuotaBytes: number;
  /** Absent: this process is alone. */
  readonly redisUrl: string | undefined;
  /** A reverse proxy ends TLS in front of this server and names the caller in `X-Forwarded-For`. */
  readonly behindTlsProxy: boolean;
  readonly maxDevices: number;
  readonly registration: 'open' | 'invite' | 'closed';
  /** May a new device show a code that an authorised one scans? Easier to abuse: somebody else's code can be put before a victim. */
  readonly reverseLinking: 'off' | 'on';
  /** Absent: no mail is sent, and what needs it hides itself. */
  readonly mail: { readonly url: string; readonly from: string } | undefined;
  /** How people know this server: in mails, and to authenticators. */
  readonly publicHost: string;
  readonly logLevel: LogLevel;
  /** Multiplies burst and refill of every rate limit: for load tests and very busy hosts. */
  readonly limitFactor: number;
  /** Opens `/metrics` to whoever shows it; absent: they are read on this machine alone. */
  readonly metricsToken: string | undefined;
  /** Where errors are reported to; absent: nowhere. */
  readonly errorReportsTo: string | undefined;
  /** Where the primary of a cluster tells the metrics of all its workers, on this machine alone. */
  readonly clusterMetricsPort: number;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** The operator has to change a setting; the message says which one and to what. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** `https://key@host/project`: without a key or a project reports would be dropped in silence. */
const DSN = /^https?:\/\/[^/@\s]+@[^/@\s]+\/(?:[^?#\s]*\/)?\d+$/;

const SETTINGS = z.object({
  SOTTO_HOST: z.string().min(1).default('127.0.0.1'),
  SOTTO_PORT: z.coerce.number().int().min(0).max(65_535).default(8787),
  SOTTO_DATA: z.string().min(1).default('.sotto/server'),
  SOTTO_BLOBS: z.string().min(1).optional(),
  SOTTO_ARCHIVE_QUOTA_MIB: z.coerce.number().int().min(1).max(1_048_576).default(1_024),
  DATABASE_URL: z.string().min(1).optional(),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  SOTTO_BEHIND_TLS_PROXY: z.enum(['0', '1']).default('0'),
  SOTTO_MAX_DEVICES: z.coerce.number().int().min(1).max(LIMITS.devicesMost).default(LIMITS.devicesDefault),
  SOTTO_REGISTRATION: z.enum(['open', 'invite', 'closed']).default('open'),
  SOTTO_SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  SOTTO_MAIL_FROM: z.email().optional(),
  SOTTO_PUBLIC_HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:[\]-]{1,253}$/)
    .optional(),
  SOTTO_REVERSE_LINKING: z.enum(['off', 'on']).default('off'),
  SOTTO_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  SOTTO_METRICS_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,512}$/)
    .optional(),
  SOTTO_SENTRY_DSN: z
    .url({ protocol: /^https?$/ })
    .refine((dsn) => DSN.test(dsn))
    .optional(),
  SOTTO_CLUSTER_METRICS_PORT: z.coerce.number().int().min(0).max(65_535).default(9_464),
  SOTTO_LIMIT_FACTOR: z.coerce.number().min(1).max(1_000_000).default(1),
});

const MIB = 1_048_576;

type SettingName = keyof typeof SETTINGS.shape;
/** Settings by name, as in `process.env`; others are passed over. */
export type Settings = Readonly<Partial<Record<SettingName, string>>> & Readonly<Record<string, string | undefined>>;

/** What each setting may be, for the operator who has set it wrongly. */
const ALLOWED: Readonly<Record<SettingName, string>> = {
  SOTTO_HOST: 'an address or name to listen on, for example 127.0.0.1',
  SOTTO_PORT: 'a port from 0 to 65535 (0 takes any free one)',
  SOTTO_DATA: 'a folder for what the server keeps',
  SOTTO_BLOBS: 'a folder for sealed archives, the same for all processes of one database',
  SOTTO_ARCHIVE_QUOTA_MIB: 'a number of MiB from 1 to 1048576 that the archives of one account may take',
  DATABASE_URL: 'embedded:/folder or mysql://user:password@host:3306/database',
  REDIS_URL: 'redis://host:6379 or rediss://host:6379',
  SOTTO_BEHIND_TLS_PROXY: '1 if a proxy ends TLS in front of this server, else 0',
  SOTTO_MAX_DEVICES: `a number of devices an account from 1 to ${LIMITS.devicesMost}`,
  SOTTO_REGISTRATION: 'open, invite or closed',
  SOTTO_SMTP_URL:
    'smtp://user:password@host:587 (with TLS from the first command that matters) or smtps://user:password@host:465',
  SOTTO_MAIL_FROM: 'the address that mail comes from, for example sotto@example.org',
  SOTTO_PUBLIC_HOST: 'the name by which people reach this server, for example chat.example.org',
  SOTTO_REVERSE_LINKING: 'on if a new device may show a code for an authorised one to scan, else off',
  SOTTO_LOG_LEVEL: 'debug, info, warn or error',
  SOTTO_METRICS_TOKEN: 'at least 16 visible ASCII characters without spaces',
  SOTTO_SENTRY_DSN: 'where to report errors, as Sentry or GlitchTip show it: https://key@host/project',
  SOTTO_CLUSTER_METRICS_PORT: 'a port from 0 to 65535 for the metrics of all workers of a cluster',
  SOTTO_LIMIT_FACTOR: 'a number from 1 to 1000000 by which every rate limit is multiplied',
};

const isSettingName = (name: unknown): name is SettingName => typeof name === 'string' && Object.hasOwn(ALLOWED, name);

/** Does this address lead to the same machine only? Names other than `localhost` might lead anywhere. */
export const isLoopback = (host: string): boolean => {
  const address = host.startsWith('::ffff:') ? host.slice('::ffff:'.length) : host;
  return host === 'localhost' || host === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
};

/** Empty means unset: `SOTTO_PORT= npm start` is a way to take a setting back. */
const withoutEmpty = (settings: Settings): Settings =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined && value !== ''));

/** Reads and checks the settings; throws {@link ConfigurationError}. Values are not repeated: some hold passwords. */
export const readConfig = (settings: Settings): ServerConfig => {
  const parsed = SETTINGS.safeParse(withoutEmpty(settings));
  if (!parsed.success) {
    const wrong = [...new Set(parsed.error.issues.map((issue) => issue.path[0]))].filter(isSettingName);
    throw new ConfigurationError(wrong.map((name) => `${name} must be ${ALLOWED[name]}.`).join(' '));
  }
  const given = parsed.data;
  const behindTlsProxy = given.SOTTO_BEHIND_TLS_PROXY === '1';
  if (!isLoopback(given.SOTTO_HOST) && !behindTlsProxy) {
    throw new ConfigurationError(
      `SOTTO_HOST is not a loopback address, and this server speaks plain HTTP: tokens would travel readable. Put a proxy ` +
        'that ends TLS in front of it and set SOTTO_BEHIND_TLS_PROXY=1, or set SOTTO_HOST=127.0.0.1.',
    );
  }
  const { SOTTO_SMTP_URL: smtpUrl, SOTTO_MAIL_FROM: mailFrom } = given;
  if ((smtpUrl === undefined) !== (mailFrom === undefined))
    throw new ConfigurationError('SOTTO_SMTP_URL and SOTTO_MAIL_FROM belong together: set both, or neither.');
  const dataFolder = resolve(given.SOTTO_DATA);
  return {
    host: given.SOTTO_HOST,
    port: given.SOTTO_PORT,
    dataFolder,
    databaseUrl: given.DATABASE_URL ?? `embedded:${join(dataFolder, 'database')}`,
    blobFolder: given.SOTTO_BLOBS === undefined ? join(dataFolder, 'blobs') : resolve(given.SOTTO_BLOBS),
    archiveQuotaBytes: given.SOTTO_ARCHIVE_QUOTA_MIB * MIB,
    redisUrl: given.REDIS_URL,
    behindTlsProxy,
    maxDevices: given.SOTTO_MAX_DEVICES,
    registration: given.SOTTO_REGISTRATION,
    mail: smtpUrl === undefined || mailFrom === undefined ? undefined : { url: smtpUrl, from: mailFrom },
    publicHost: given.SOTTO_PUBLIC_HOST ?? given.SOTTO_HOST,
    reverseLinking: given.SOTTO_REVERSE_LINKING,
    logLevel: given.SOTTO_LOG_LEVEL,
    limitFactor: given.SOTTO_LIMIT_FACTOR,
    metricsToken: given.SOTTO_METRICS_TOKEN,
    errorReportsTo: given.SOTTO_SENTRY_DSN,
    clusterMetricsPort: given.SOTTO_CLUSTER_METRICS_PORT,
  };
};
