import { describe, expect, it } from '@jest/globals';
import { testAccount } from '../testing/test-account.js';
import { signDeviceList } from './list-signature.js';

const { account, head } = testAccount('signatures');

describe('signDeviceList', () => {
  it('throws when the key is not of the kind that the list names', () => {
    const { deviceId, linkKey, signingKey } = account.device;
    expect(() => signDeviceList(head.list, linkKey)).toThrow('cannot be signed with the link key');
    expect(() => signDeviceList({ ...head.list, signer: { kind: 'linkKey', deviceId } }, signingKey)).toThrow(
      'cannot be signed with the device signing key',
    );
    expect(() => signDeviceList({ ...head.list, signer: { kind: 'deviceSigningKey', deviceId } }, linkKey)).toThrow(
      'cannot be signed with the link key',
    );
  });
});
