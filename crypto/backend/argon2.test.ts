import { describe, expect, it } from '@jest/globals';
import { argon2id32 } from './argon2.js';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('argon2id32', () => {
  /** Test vectors of the reference implementation (P-H-C/phc-winner-argon2, src/test.c, version 0x13). */
  it.each([
    {
      memoryKiB: 65536,
      parallelism: 1,
      password: 'password',
      salt: 'somesalt',
      output: '09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7',
    },
    {
      memoryKiB: 256,
      parallelism: 1,
      password: 'password',
      salt: 'somesalt',
      output: '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe',
    },
    {
      memoryKiB: 256,
      parallelism: 2,
      password: 'password',
      salt: 'somesalt',
      output: '6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037',
    },
    {
      memoryKiB: 65536,
      parallelism: 1,
      password: 'differentpassword',
      salt: 'somesalt',
      output: '0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde',
    },
    {
      memoryKiB: 65536,
      parallelism: 1,
      password: 'password',
      salt: 'diffsalt',
      output: 'bdf32b05ccc42eb15d58fd19b1f856b113da1e9a5874fdcc544308565aa8141c',
    },
  ])(
    'of $memoryKiB KiB, 2 passes and $parallelism lanes over $password',
    async ({ password, salt, output, ...cost }) => {
      const result = await argon2id32(bytes(password), bytes(salt), { ...cost, iterations: 2 });
      expect(Buffer.from(result).toString('hex')).toBe(output);
    },
  );

  it('takes a view into a larger buffer for what it shows', async () => {
    const view = bytes('xxpasswordyy').subarray(2, 10);
    const result = await argon2id32(view, bytes('somesalt'), { memoryKiB: 256, iterations: 2, parallelism: 1 });
    expect(Buffer.from(result).toString('hex')).toBe(
      '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe',
    );
  });
});
