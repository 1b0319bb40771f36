import { describe, expect, it } from '@jest/globals';
import { Readiness } from './readiness.js';

describe('Readiness', () => {
  it('follows the database, and ends with the server', async () => {
    let isAway = false;
    const readiness = new Readiness({
      ping: async () => {
        if (isAway) throw new Error('away');
      },
    });
    expect(await readiness.check()).toBe('ok');
    isAway = true;
    expect(await readiness.check()).toBe('databaseAway');
    isAway = false;
    readiness.beginStopping();
    expect(await readiness.check()).toBe('stopping');
    expect(readiness.isStopping).toBe(true);
  });
});
