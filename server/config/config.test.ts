import { describe, expect, it } from '@jest/globals';
import { ConfigurationError, isLoopback, readConfig, type Settings } from './config.js';

const complaintAbout = (settings: Settings): string => {
  try {
    readConfig(settings);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return 'no complaint';
};

describe('readConfig', () => {
  it('needs nothing: one machine, loopback, embedded database', () => {
    const config = readConfig({ SOTTO_DATA: '/srv/sotto' });
    expect(config).toEqual({
      host: '127.0.0.1',
      port: 8787,
      dataFolder: '/srv/sotto',
      blobFolder: '/srv/sotto/blobs',
      archiveQuotaBytes: 1_073_741_824,
      databaseUrl: 'embedded:/srv/sotto/database',
      redisUrl: undefined,
      behindTlsProxy: false,
      maxDevices: 5,
      registration: 'open',
      mail: undefined,
      publicHost: '127.0.0.1',
      reverseLinking: 'off',
      logLevel: 'info',
      limitFactor: 1,
      metricsToken: undefined,
      errorReportsTo: undefined,
      clusterMetricsPort: 9464,
    });
  });

  it('takes what is set and takes empty as unset', () => {
    const config = readConfig({
      SOTTO_PORT: '0',
      SOTTO_HOST: '',
      DATABASE_URL: 'mysql://u:p@db/sotto',
      REDIS_URL: 'redis://127.0.0.1:6379',
      SOTTO_MAX_DEVICES: '10',
      SOTTO_REGISTRATION: 'closed',
      SOTTO_LOG_LEVEL: 'debug',
      SOTTO_LIMIT_FACTOR: '2.5',
      PATH: '/bin',
    });
    expect(config).toMatchObject({
      port: 0,
      host: '127.0.0.1',
      databaseUrl: 'mysql://u:p@db/sotto',
      redisUrl: 'redis://127.0.0.1:6379',
      maxDevices: 10,
      registration: 'closed',
      logLevel: 'debug',
      limitFactor: 2.5,
    });
  });

  it.each([
    ['SOTTO_PORT', '70000', 'SOTTO_PORT must be a port'],
    ['SOTTO_PORT', 'eighty', 'SOTTO_PORT must be a port'],
    ['SOTTO_MAX_DEVICES', '11', 'SOTTO_MAX_DEVICES must be a number of devices an account from 1 to 10'],
    ['SOTTO_REGISTRATION', 'maybe', 'SOTTO_REGISTRATION must be open, invite or closed'],
    ['SOTTO_LOG_LEVEL', 'trace', 'SOTTO_LOG_LEVEL must be debug, info, warn or error'],
    ['SOTTO_LIMIT_FACTOR', '0', 'SOTTO_LIMIT_FACTOR must be'],
    ['SOTTO_BEHIND_TLS_PROXY', 'yes', 'SOTTO_BEHIND_TLS_PROXY must be 1'],
    ['SOTTO_SENTRY_DSN', 'https://glitchtip.example.org/1', 'SOTTO_SENTRY_DSN must be where to report errors'],
    ['SOTTO_SENTRY_DSN', 'https://key@glitchtip.example.org/', 'SOTTO_SENTRY_DSN must be where to report errors'],
    ['SOTTO_SMTP_URL', 'mail.example.org', 'SOTTO_SMTP_URL must be smtp://'],
    ['SOTTO_MAIL_FROM', 'nobody', 'SOTTO_MAIL_FROM must be the address'],
    ['SOTTO_MAIL_FROM', 'a@example.org', 'SOTTO_SMTP_URL and SOTTO_MAIL_FROM belong together'],
    ['REDIS_URL', 'http://127.0.0.1', 'REDIS_URL must be redis://'],
  ])('says what %s must be instead of %s', (name, value, words) => {
    expect(complaintAbout({ [name]: value })).toContain(words);
  });

  it('names every wrong setting, and repeats no value', () => {
    const complaint = complaintAbout({ SOTTO_PORT: 'hunter2', REDIS_URL: 'http://user:hunter2@host' });
    expect(complaint).toContain('SOTTO_PORT');
    expect(complaint).toContain('REDIS_URL');
    expect(complaint).not.toContain('hunter2');
  });

  it.each(['0.0.0.0', '::', '192.168.1.4', 'chat.example.org', '128.0.0.1'])(
    'refuses to speak plain HTTP on %s, and says what to do',
    (host) => {
      expect(complaintAbout({ SOTTO_HOST: host })).toContain(
        'set SOTTO_BEHIND_TLS_PROXY=1, or set SOTTO_HOST=127.0.0.1',
      );
      expect(readConfig({ SOTTO_HOST: host, SOTTO_BEHIND_TLS_PROXY: '1' }).host).toBe(host);
    },
  );

  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost', '::ffff:127.0.0.1'])('knows %s as this machine', (host) => {
    expect(isLoopback(host)).toBe(true);
    expect(readConfig({ SOTTO_HOST: host }).host).toBe(host);
  });
});
