import { createHmac } from 'node:crypto';
import type { Secret } from '@sotto/crypto/server';
import type { RateLimitName } from '../domain/rate-limit.js';

/** Turns a limit and what it counts (a name, an address, an account) into bytes that tell neither to whoever reads them. */
export type BucketName = (limit: RateLimitName, key: string) => Buffer;

const LABEL = 'sotto/rate-bucket/1';

/** Whatever leaves this process, to the database or to Redis, goes by such a name alone. */
export const bucketNamesUnder =
  (secret: Secret<'salt key'>): BucketName =>
  (limit, key) =>
    createHmac('sha256', secret.unwrap()).update(`${LABEL} ${limit} ${key}`).digest();
