/** @jest-environment node */
import { expect, it } from '@jest/globals';
import { CONTENT_LIMITS } from '@sotto/protocol/content';
import { TEXT_LENGTH } from './composer.js';

it('the composer counts to the length that the protocol allows', () => {
  expect(TEXT_LENGTH).toBe(CONTENT_LIMITS.textLength);
});
