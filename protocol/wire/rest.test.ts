import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ERROR_STATUS, parseErrorCode } from './errors.js';
import { fixedBytes, someBytes } from './fields.js';
import { AuthParameters, FindAccountRequest, PreKeyUpload, StretchCost } from './rest.js';
import type { Route } from './route.js';
import { ROUTES } from './routes.js';

describe('bytes in JSON', () => {
  const Four = fixedBytes(4);

  it('survive the wire', () => {
    const bytes = new Uint8Array([251, 255, 0, 1]);
    const text = z.encode(Four, bytes);
    expect(text).toBe('-_8AAQ');
    expect(z.decode(Four, text)).toEqual(bytes);
  });

  it.each(['', '-_8AA', '-_8AAQ=', '-_8AAR', '+/8AAQ', '-_8AAQA', '-_8 AQ', '-_8AAQ\n'])('refuses %j', (text) => {
    expect(Four.safeParse(text).success).toBe(false);
  });

  it('holds to its bounds', () => {
    const Some = someBytes(3);
    expect(Some.safeParse('').success).toBe(false);
    expect(Some.safeParse('AAAA').success).toBe(true);
    expect(Some.safeParse('AAAAAA').success).toBe(false);
    expect(() => z.encode(Some, new Uint8Array(4))).toThrow();
  });
});

describe('schemas', () => {
  it('refuse fields that they do not know', () => {
    expect(FindAccountRequest.safeParse({ username: 'alice' }).success).toBe(true);
    expect(FindAccountRequest.safeParse({ username: 'alice', admin: true }).success).toBe(false);
    expect(FindAccountRequest.safeParse(JSON.parse('{"username":"alice","__proto__":{"a":1}}')).success).toBe(false);
  });

  it('never let the cost of a password stretch fall below the floor, nor rise to a denial of service', () => {
    const least = { memoryKiB: 65_536, iterations: 3, parallelism: 1 };
    expect(StretchCost.safeParse(least).success).toBe(true);
    expect(StretchCost.safeParse({ ...least, memoryKiB: 65_535 }).success).toBe(false);
    expect(StretchCost.safeParse({ ...least, iterations: 2 }).success).toBe(false);
    expect(StretchCost.safeParse({ ...least, memoryKiB: 16_777_216 }).success).toBe(false);
    expect(AuthParameters.safeParse({ salt: 'AAAAAAAAAAAAAAAAAAAAAA', cost: least }).success).toBe(false);
  });

  it('ask for whole prekey sets at registration', () => {
    const partial = { oneTimePreKeys: [], oneTimeKyberPreKeys: [] };
    expect(PreKeyUpload.safeParse(partial).success).toBe(true);
    expect(PreKeyUpload.required().safeParse(partial).success).toBe(false);
  });
});

describe('routes', () => {
  const routes: [string, Route][] = Object.entries(ROUTES);

  it('have a path of their own each', () => {
    const paths = routes.map(([, route]) => `${route.method} ${route.path}`);
    expect(new Set(paths).size).toBe(paths.length);
  });

  it.each(routes)('%s takes a body exactly when its method carries one', (_, route) => {
    if (route.method === 'GET') expect(route.body).toBeUndefined();
    expect(route.path).toMatch(/^\/v1\//);
  });
});

describe('error codes', () => {
  it('carry a status that is an error', () => {
    for (const status of Object.values(ERROR_STATUS)) expect(status).toBeGreaterThanOrEqual(400);
  });

  it('read unknown codes as internal, and no inherited name as a code', () => {
    expect(parseErrorCode('usernameTaken')).toBe('usernameTaken');
    expect(parseErrorCode('fromTheFuture')).toBe('internal');
    expect(parseErrorCode('toString')).toBe('internal');
  });
});
