import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLog, type LogFields } from '../log.js';
import { openErrorReports } from './error-reports.js';
import { reportedLog } from './reported-log.js';

interface Received {
  readonly path: string;
  readonly items: readonly Record<string, unknown>[];
  readonly text: string;
}

/** Whatever takes reports; an envelope is JSON values, one a line. */
class Collector {
  readonly received: Received[] = [];
  status = 200;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const items = text.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
        this.received.push({ path: request.url ?? '', items, text });
        response.writeHead(this.status).end('{}');
      });
    });
  }

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://publickey@127.0.0.1:${String((this.#server.address() as AddressInfo).port)}/7`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

const silent = createLog('error', { write: () => undefined });

describe('Reports of errors', () => {
  let collector: Collector;
  let dsn: string;
  let now = 0;
  beforeEach(async () => {
    collector = new Collector();
    dsn = await collector.open();
  });
  afterEach(() => collector.close());

  const reporting = () => openErrorReports({ dsn, version: '1.2.3', clock: () => now });

  it('say what failed and where, and nothing of anybody', async () => {
    const reports = reporting();
    const log = reportedLog(silent, reports);
    const cause = Object.assign(new TypeError('canary of a value'), { code: 'ER_DUP_ENTRY', sql: 'canary' });
    const error = Object.assign(new Error('canary: anna@example.org', { cause }), { parameters: ['canary'] });
    const fields = { requestId: 'r-1', route: '/v1/accounts', error, token: 'canary', ip: 'canary' } as LogFields;
    log.error('http.failed', fields);
    await reports.close();
    expect(collector.received).toHaveLength(1);
    const [report] = collector.received;
    expect(report?.path).toContain('/api/7/envelope/');
    const event = report?.items.find((item) => 'exception' in item);
    expect(event).toMatchObject({
      message: 'http.failed',
      level: 'error',
      platform: 'node',
      release: 'sotto-server@1.2.3',
      tags: { requestId: 'r-1', route: '/v1/accounts' },
    });
    const { values } = event?.['exception'] as { values: { type: string; stacktrace: { frames: object[] } }[] };
    expect(values.map(({ type }) => type)).toEqual(['TypeError', 'Error']);
    expect(values[1]?.stacktrace.frames.at(-1)).toMatchObject({
      filename: expect.stringContaining('error-reports.test'),
    });
    expect(report?.text).not.toContain('canary');
    expect(report?.text).not.toContain('anna@');
    // Neither the machine nor the person in front of it.
    expect(Object.keys(event ?? {}).toSorted()).toEqual(
      ['event_id', 'exception', 'level', 'message', 'platform', 'release', 'tags', 'timestamp'].toSorted(),
    );
  });

  it('leave out what is no error', async () => {
    const reports = reporting();
    const log = reportedLog(silent, reports);
    log.warn('notifier.redisAway', { error: new Error('away') });
    log.info('server.stopping');
    await reports.close();
    expect(collector.received).toHaveLength(0);
  });

  it('are thirty a minute at most', async () => {
    now = 1_000;
    const reports = reporting();
    for (let index = 0; index < 100; index += 1) {
      reports.report('http.failed', { error: new Error('again') });
      // The client gives up what waits beyond its buffer: what is sent here must have left before the next.
      if (index % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    now += 60_000;
    reports.report('http.failed', { error: new Error('later') });
    await reports.close();
    expect(collector.received).toHaveLength(31);
  });

  it('do no harm where nobody takes them', async () => {
    collector.status = 500;
    const refusing = reporting();
    refusing.report('http.failed', { error: new Error('refused') });
    await refusing.close();
    const nowhere = openErrorReports({ dsn: 'http://key@127.0.0.1:9/1', version: '1', clock: () => now });
    nowhere.report('http.failed', { error: 'thrown without being an error' });
    await nowhere.close();
    expect(collector.received).toHaveLength(1);
  });
});
