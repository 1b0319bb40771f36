import { describe, expect, it } from '@jest/globals';
import { parseCertificate, verifyCertificate } from '../identity/certificate.js';
import {
  account,
  answer,
  answerRequest,
  certified,
  expectOutcome,
  HOST,
  match,
  newDevice,
  offerBy,
  PAYLOAD,
  requestBy,
} from './testing/test-link.js';

const anna = account('anna');

describe('a link whose code the authorised device displays', () => {
  const own = newDevice('laptop');
  const driven = answer(offerBy(anna, 'forward'), own, 'forward');
  const link = match(driven);
  const grant = certified(link, anna);
  const granted = link.seal(PAYLOAD);
  const { received } = expectOutcome(driven.awaited.openGrant(granted.message), 'opened');

  it('shows six digits at the new device, and its name and system at the authorised one', () => {
    expect(driven.awaited.digits).toMatch(/^[0-9]{6}$/);
    expect(link.device).toMatchObject({ name: own.name, system: own.system, deviceId: own.keys.deviceId });
  });

  it('hands over the payload, and the new device signs a certificate of its own keys', () => {
    expect(received.payload).toEqual(PAYLOAD);
    const { join } = expectOutcome(received.verify({ head: anna.head, ...grant }), 'joinable');
    expect(verifyCertificate(join.certificate).outcome).toBe('valid');
    expect(join).toMatchObject({
      accountId: anna.account.accountId,
      host: HOST,
      authorisedBy: anna.account.device.deviceId,
      linkSession: driven.claim.token.sessionId,
    });
    expect(join.head.findDevice(own.keys.deviceId)?.linkSession).toEqual(driven.claim.token.sessionId);
    expect(parseCertificate(grant.certificate)?.linkSession).toEqual(link.sessionId);
  });
});

describe('a link whose code the new device displays', () => {
  it('shows the digits at the authorised device and lets the new one join', () => {
    const own = newDevice('desktop');
    const { answered, scan } = answerRequest(requestBy(own, 'reverse'), 'reverse');
    const { awaited } = expectOutcome(answered.typeDigits(scan.digits), 'matched');
    expect(awaited.digits).toBeUndefined();
    const { link } = expectOutcome(scan.acceptConfirmation(awaited.message), 'matched');
    const grant = certified(link, anna);
    const { received } = expectOutcome(awaited.openGrant(link.seal(PAYLOAD).message), 'opened');
    const { join } = expectOutcome(received.verify({ head: anna.head, ...grant }), 'joinable');
    expect(join.head.findDevice(own.keys.deviceId)).toBeDefined();
  });
});
