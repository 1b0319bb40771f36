import { constants } from 'node:fs';
import { access, mkdir, statfs } from 'node:fs/promises';
import { connect } from 'node:tls';
import { Redis } from 'ioredis';
import { SmtpMailer } from '../mail/smtp-mailer.js';
import { errorCode } from '../storage/error-code.js';
import { inspectDatabase } from '../storage/inspect.js';
import { UnusableDatabaseError } from '../storage/unusable-database-error.js';
import { PrometheusMeter } from '../metrics/prometheus-meter.js';
import { VERSION } from '../version.js';
import type { AdminCommand, AdminContext } from './command.js';

interface Finding {
  readonly check: string;
  readonly verdict: 'ok' | 'warning' | 'failed';
  readonly words: string;
}

const DRIFT_MOST_MS = 5_000;
const FREE_LEAST = 0.1;
const CERTIFICATE_DAYS_LEAST = 14;
const TIMEOUT_MS = 10_000;
const DAY_MS = 86_400_000;

const ok = (check: string, words: string): Finding => ({ check, verdict: 'ok', words });
const warning = (check: string, words: string): Finding => ({ check, verdict: 'warning', words });
const failed = (check: string, words: string): Finding => ({ check, verdict: 'failed', words });

const reasonOf = (error: unknown): string => {
  // Messages of ours are words for the operator; those of drivers may repeat an address with its password.
  if (error instanceof UnusableDatabaseError) return error.message;
  return errorCode(error) ?? 'no reason was given';
};

const checkDatabase = async ({ config }: AdminContext): Promise<Finding[]> => {
  try {
    const { engine, pending, clockAheadMs } = await inspectDatabase(config.databaseUrl);
    return [
      ok('database', `${engine}, reached, and it flushes what it confirms`),
      pending === 0
        ? ok('schema', 'up to date')
        : warning('schema', `${pending} migrations will run at the next start: make a backup before`),
      Math.abs(clockAheadMs) > DRIFT_MOST_MS
        ? failed(
            'clock',
            `the database’s clock is ${Math.round(clockAheadMs / 1_000)} s ahead of this machine’s: set both by NTP`,
          )
        : ok('clock', 'this machine and the database agree'),
    ];
  } catch (error) {
    return [failed('database', `cannot be used: ${reasonOf(error)}`)];
  }
};

const checkFolder = async (check: string, folder: string): Promise<Finding> => {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.R_OK | constants.W_OK);
    const { bavail, blocks } = await statfs(folder);
    const free = bavail / blocks;
    return free < FREE_LEAST
      ? failed(check, `the disk under ${folder} has ${Math.round(free * 100)} % free: uploads are refused below 10 %`)
      : ok(check, `${folder} can be written, ${Math.round(free * 100)} % of its disk is free`);
  } catch (error) {
    return failed(check, `${folder} cannot be used: ${reasonOf(error)}. Let the server’s user own it.`);
  }
};

const checkRedis = async ({ config }: AdminContext): Promise<Finding> => {
  if (config.redisUrl === undefined) return ok('redis', 'not set: this process is alone');
  const redis = new Redis(config.redisUrl, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    await redis.ping();
    return ok('redis', 'reached');
  } catch (error) {
    return failed('redis', `cannot be reached: ${reasonOf(error)}. Several processes would not hear of each other.`);
  } finally {
    redis.disconnect();
  }
};

const checkMail = async ({ config, log }: AdminContext): Promise<Finding> => {
  if (config.mail === undefined) return ok('mail', 'off: no address is confirmed and no password reset by mail');
  const mailer = new SmtpMailer({ ...config.mail, log, meter: new PrometheusMeter(VERSION) });
  try {
    await mailer.verify();
    return ok('mail', 'the mail server was reached and lets this server in');
  } catch (error) {
    return failed('mail', `the mail server cannot be used: ${reasonOf(error)}. Check SOTTO_SMTP_URL.`);
  } finally {
    await mailer.close();
  }
};

const certificateDays = (host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const [name = '', port = '443'] = host.split(':');
    const socket = connect({ host: name, port: Number(port), servername: name, timeout: TIMEOUT_MS }, () => {
      resolve((Date.parse(socket.getPeerCertificate().valid_to) - Date.now()) / DAY_MS);
      socket.end();
    });
    socket.on('timeout', () => socket.destroy(new Error('timeout')));
    socket.on('error', reject);
  });

const checkCertificate = async ({ config }: AdminContext): Promise<Finding> => {
  if (!config.behindTlsProxy) return ok('certificate', 'none: the server is reached on this machine alone');
  if (config.publicHost === config.host)
    return warning('certificate', 'not looked at: set SOTTO_PUBLIC_HOST to the name by which people reach this server');
  try {
    const days = await certificateDays(config.publicHost);
    return days < CERTIFICATE_DAYS_LEAST
      ? warning(
          'certificate',
          `that of ${config.publicHost} ends in ${Math.floor(days)} days: is it renewed by itself?`,
        )
      : ok('certificate', `that of ${config.publicHost} is good for ${Math.floor(days)} days`);
  } catch (error) {
    return failed('certificate', `${config.publicHost} shows none that programs take: ${reasonOf(error)}`);
  }
};

const checkTrustRoot = async (context: AdminContext): Promise<Finding> => {
  try {
    const secrets = await (await context.storage()).serverSecrets.load();
    if (secrets.size === 0) return ok('trust root', 'made at the first start');
    return secrets.has('trust-root-private')
      ? warning('trust root', 'lies in the database: move it offline with "sotto-admin root export FILE --remove"')
      : ok('trust root', 'offline');
  } catch (error) {
    return failed('trust root', `cannot be looked at: ${reasonOf(error)}`);
  }
};

/** Looks at everything that a server needs, and says of each what is wrong and what to do. */
export const doctor: AdminCommand = async (context) => {
  const findings = [
    ok('configuration', 'every setting is one that the server takes'),
    ...(await checkDatabase(context)),
    await checkFolder('data folder', context.config.dataFolder),
    await checkFolder('blob folder', context.config.blobFolder),
    await checkRedis(context),
    await checkMail(context),
    await checkCertificate(context),
  ];
  // Opening the storage would run migrations, or fail once more.
  const canOpen = findings.every(({ check, verdict }) => !['database', 'schema'].includes(check) || verdict === 'ok');
  if (canOpen) findings.push(await checkTrustRoot(context));
  for (const { check, verdict, words } of findings) context.say(`${verdict.padEnd(8)} ${check}: ${words}`);
  context.answer({ findings });
  return findings.some(({ verdict }) => verdict === 'failed') ? 1 : 0;
};
