import { createHmac, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { parseAccountId, parseDeviceId, parseUnixMs } from '@sotto/protocol/ids';
import { AccessTokens, type Caller } from './access-tokens.js';

const START_MS = 1_800_000_000_000;
const START_S = START_MS / 1_000;
const accountId = parseAccountId('11111111-2222-4333-8444-555555555555')!;
const deviceId = parseDeviceId('11111111-2222-8333-8444-555555555555')!;
const device: Caller = { scope: 'device', accountId, deviceId };

const { privateKey } = generateKeyPairSync('ed25519');
const foreign = generateKeyPairSync('ed25519').privateKey;
const publicBytes = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
const publicPem = createPublicKey(privateKey).export({ format: 'pem', type: 'spki' });
const publicJwk = createPublicKey(foreign).export({ format: 'jwk' });

const time = { ms: START_MS };
const tokens = new AccessTokens(privateKey, () => parseUnixMs(time.ms)!);

const verifyAt = async (token: string, ms = START_MS) => {
  time.ms = ms;
  return tokens.verify(token);
};

const HEADER = { alg: 'EdDSA', typ: 'at+jwt' };
const CLAIMS = {
  scope: 'device',
  device: deviceId,
  iss: 'sotto-server',
  aud: 'sotto-api',
  sub: accountId,
  iat: START_S,
  exp: START_S + 600,
};

const base64 = (value: string | Buffer): string => Buffer.from(value).toString('base64url');

type Parts = Readonly<Record<string, unknown>>;
type Sign = (input: string) => Buffer;

const bySigning =
  (key: KeyObject): Sign =>
  (input) =>
    sign(null, Buffer.from(input), key);

const craft = (header: Parts, claims: Parts, makeSignature: Sign = bySigning(privateKey)): string => {
  const input = `${base64(JSON.stringify(header))}.${base64(JSON.stringify(claims))}`;
  return `${input}.${base64(makeSignature(input))}`;
};

const without = (parts: Parts, name: string): Parts =>
  Object.fromEntries(Object.entries(parts).filter(([key]) => key !== name));

const good = craft(HEADER, CLAIMS);
const [head = '', body = '', signature = ''] = good.split('.');
const hmacWith =
  (key: string | Buffer): Sign =>
  (input) =>
    createHmac('sha256', key).update(input).digest();
const flipLast = (text: string): string => text.slice(0, -2) + (text.at(-2) === 'A' ? 'B' : 'A') + text.slice(-1);

/** Every one of these was or could have been a way past some verifier. */
const BAD: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['one part', 'abc'],
  ['two parts', `${head}.${body}`],
  ['four parts', `${good}.${signature}`],
  ['five parts, like an encrypted token', `${good}.a.b`],
  ['empty parts', '..'],
  ['text that is not base64url', 'ä.ö.ü'],
  ['spaces around it', ` ${good} `],
  ['a line break in it', `${head}\n.${body}.${signature}`],
  ['no signature', `${head}.${body}.`],
  ['a signature that is cut', `${head}.${body}.${signature.slice(0, -8)}`],
  ['a signature with a bit flipped', `${head}.${body}.${flipLast(signature)}`],
  ['a signature of zeros', `${head}.${body}.${base64(Buffer.alloc(64))}`],
  [
    'a signature with bytes behind it',
    `${head}.${body}.${base64(Buffer.concat([Buffer.from(signature, 'base64url'), Buffer.alloc(1)]))}`,
  ],
  [
    'a changed payload under the old signature',
    `${head}.${base64(JSON.stringify({ ...CLAIMS, exp: START_S + 601 }))}.${signature}`,
  ],
  [
    'a changed header under the old signature',
    `${base64(JSON.stringify({ ...HEADER, kid: 'x' }))}.${body}.${signature}`,
  ],
  ['another server’s key', craft(HEADER, CLAIMS, bySigning(foreign))],
  ['alg none, unsigned', `${base64(JSON.stringify({ ...HEADER, alg: 'none' }))}.${body}.`],
  ['alg none in capitals', `${base64(JSON.stringify({ ...HEADER, alg: 'NONE' }))}.${body}.`],
  ['alg none with a signature', craft({ ...HEADER, alg: 'none' }, CLAIMS)],
  ['no alg', craft({ typ: 'at+jwt' }, CLAIMS)],
  ['alg as a list', craft({ ...HEADER, alg: ['EdDSA'] }, CLAIMS)],
  ['HS256 keyed with the public key in DER', craft({ ...HEADER, alg: 'HS256' }, CLAIMS, hmacWith(publicBytes))],
  ['HS256 keyed with the public key in PEM', craft({ ...HEADER, alg: 'HS256' }, CLAIMS, hmacWith(publicPem))],
  ['RS256 in name', craft({ ...HEADER, alg: 'RS256' }, CLAIMS)],
  ['ES256 in name', craft({ ...HEADER, alg: 'ES256' }, CLAIMS)],
  ['eddsa in small letters', craft({ ...HEADER, alg: 'eddsa' }, CLAIMS)],
  ['its own key in the header', craft({ ...HEADER, jwk: publicJwk }, CLAIMS, bySigning(foreign))],
  ['an address of its own keys', craft({ ...HEADER, jku: 'http://127.0.0.1/keys' }, CLAIMS, bySigning(foreign))],
  ['a key id that is a path', craft({ ...HEADER, kid: '../../etc/passwd' }, CLAIMS, bySigning(foreign))],
  ['no type', craft({ alg: 'EdDSA' }, CLAIMS)],
  ['another type', craft({ ...HEADER, typ: 'JWT' }, CLAIMS)],
  ['an unknown critical header', craft({ ...HEADER, crit: ['exotic'], exotic: true }, CLAIMS)],
  ['an unencoded payload', craft({ ...HEADER, crit: ['b64'], b64: false }, CLAIMS)],
  ['another issuer', craft(HEADER, { ...CLAIMS, iss: 'somebody' })],
  ['no issuer', craft(HEADER, without(CLAIMS, 'iss'))],
  ['another audience', craft(HEADER, { ...CLAIMS, aud: 'somebody' })],
  ['no audience', craft(HEADER, without(CLAIMS, 'aud'))],
  ['no expiry', craft(HEADER, without(CLAIMS, 'exp'))],
  ['an expiry that is a text', craft(HEADER, { ...CLAIMS, exp: String(START_S + 600) })],
  ['no time of issue', craft(HEADER, without(CLAIMS, 'iat'))],
  ['a time of issue in the future', craft(HEADER, { ...CLAIMS, iat: START_S + 60 })],
  ['not valid before later', craft(HEADER, { ...CLAIMS, nbf: START_S + 60 })],
  ['no account', craft(HEADER, without(CLAIMS, 'sub'))],
  ['an account that is not an id', craft(HEADER, { ...CLAIMS, sub: "' OR 1=1" })],
  ['no scope', craft(HEADER, without(CLAIMS, 'scope'))],
  ['an unknown scope', craft(HEADER, { ...CLAIMS, scope: 'admin' })],
  ['device scope without a device', craft(HEADER, without(CLAIMS, 'device'))],
  ['account scope with a device', craft(HEADER, { ...CLAIMS, scope: 'account' })],
  ['a device that is not an id', craft(HEADER, { ...CLAIMS, device: accountId })],
  ['claims that are a list', craft(HEADER, [CLAIMS] as unknown as Parts)],
  ['claims that are no JSON', `${head}.${base64('{')}.${base64(bySigning(privateKey)(`${head}.${base64('{')}`))}`],
];

describe('AccessTokens', () => {
  it('issues what it accepts, of either scope', async () => {
    time.ms = START_MS;
    expect(await verifyAt(await tokens.issue(device))).toEqual({ type: 'valid', caller: device });
    const account: Caller = { scope: 'account', accountId };
    expect(await verifyAt(await tokens.issue(account))).toEqual({ type: 'valid', caller: account });
  });

  it('accepts the token that the bad ones below are made from', async () => {
    expect(await verifyAt(good)).toEqual({ type: 'valid', caller: device });
  });

  it('has at least forty bad tokens to refuse, no two alike', () => {
    expect(new Set(BAD.map(([, token]) => token)).size).toBe(BAD.length);
    expect(BAD.length).toBeGreaterThanOrEqual(40);
  });

  it.each(BAD)('refuses a token with %s', async (_, token) => {
    expect(await verifyAt(token)).toEqual({ type: 'invalid' });
  });

  it('lives ten minutes, and the five seconds by which clocks may differ', async () => {
    time.ms = START_MS;
    const token = await tokens.issue(device);
    expect((await verifyAt(token, START_MS + 604_000)).type).toBe('valid');
    expect((await verifyAt(token, START_MS + 606_000)).type).toBe('expired');
    expect((await verifyAt(token, START_MS - 4_000)).type).toBe('valid');
    expect((await verifyAt(token, START_MS - 6_000)).type).toBe('invalid');
  });

  it('lets nobody live longer, whatever a token says', async () => {
    const longLived = craft(HEADER, { ...CLAIMS, exp: START_S + 86_400 });
    expect((await verifyAt(longLived, START_MS + 606_000)).type).toBe('expired');
  });

  it('calls a forged token invalid even when it has expired too', async () => {
    const forged = craft(HEADER, CLAIMS, bySigning(foreign));
    expect((await verifyAt(forged, START_MS + 3_600_000)).type).toBe('invalid');
  });
});
