import { describe, expect, it } from '@jest/globals';
import { createLog, type LogFields } from './log.js';

const logged = (level: Parameters<typeof createLog>[0], write: (log: ReturnType<typeof createLog>) => void) => {
  const lines: string[] = [];
  write(createLog(level, { write: (line: string) => void lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
};

describe('createLog', () => {
  it('writes the fields that it knows and drops all others', () => {
    const fields = { requestId: 'r1', status: 200, token: 'canary', body: { text: 'canary' } } as LogFields;
    const [line] = logged('info', (log) => log.info('http.answered', fields));
    expect(line).toMatchObject({ event: 'http.answered', requestId: 'r1', status: 200 });
    expect(JSON.stringify(line)).not.toContain('canary');
  });

  it('tells of an error its name, code, frames and causes, and never its message', () => {
    const cause = Object.assign(new TypeError('value was canary'), { code: 'ERR_INVALID_ARG_TYPE' });
    const error = Object.assign(new Error('SELECT canary', { cause }), { parameters: ['canary'], sql: 'canary' });
    const [line] = logged('info', (log) => log.error('http.failed', { error }));
    expect(line).toMatchObject({
      error: { name: 'Error', cause: { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' } },
    });
    expect(JSON.stringify(line)).toContain('log.test');
    expect(JSON.stringify(line)).not.toContain('canary');
  });

  it('survives what is thrown without being an error, and a cause that names itself', () => {
    const circular = new Error('a');
    circular.cause = circular;
    const lines = logged('info', (log) => {
      log.warn('odd', { error: 'canary' });
      log.warn('odd', { error: circular });
    });
    expect(lines[0]).toMatchObject({ error: { name: 'string' } });
    expect(lines).toHaveLength(2);
    expect(JSON.stringify(lines)).not.toContain('canary');
  });

  it('keeps to its level, except for announcements', () => {
    const lines = logged('error', (log) => {
      log.debug('d');
      log.info('i');
      log.warn('w');
      log.error('e');
      log.announce('sotto-server listening on http://127.0.0.1:1');
    });
    expect(lines.map((line) => line['event'])).toEqual(['e', 'sotto-server listening on http://127.0.0.1:1']);
    expect(logged('debug', (log) => log.debug('mailbox.beforeCommit', { count: 1 }))).toHaveLength(1);
  });
});
