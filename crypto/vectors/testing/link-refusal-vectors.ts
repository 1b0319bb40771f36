import { LinkChannelKey, LinkTranscript, TlsKeyPin, type Bytes } from '../../keys.js';
import { sealBox } from '../../provisioning/key-schedule.js';
import { createLinkOffer } from '../../provisioning/link-offer.js';
import { makeProof } from '../../provisioning/proof.js';
import { firstPlaintext, rogueClaim, thief } from '../../provisioning/testing/rogue-end.js';
import { account, EXPIRY, HOST } from '../../provisioning/testing/test-link.js';
import { seededRandomForTesting } from '../../testing/seeded-random.js';
import { fromHex, toHex } from './hex.js';
import type { LinkRefusalVector, LinkVector } from './link-vector.js';

const anna = account('vectors');
const tlsPin = TlsKeyPin.of(new Uint8Array(16).fill(7));

/** The same bytes with one bit changed, counted from the end where `index` is negative. */
export const swapped = (hex: string, index: number): string => {
  const at = index < 0 ? hex.length / 2 + index : index;
  const byte = Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16) ^ 1;
  return `${hex.slice(0, at * 2)}${byte.toString(16).padStart(2, '0')}${hex.slice(at * 2 + 2)}`;
};

/** Which state takes which message. */
const STEPS = {
  offer: [
    ['offer', 'm1'],
    ['claim', 'm2'],
    ['claimedOffer', 'm3'],
    ['awaitedGrant', 'm4'],
  ],
  request: [
    ['request', 'm1'],
    ['scan', 'm2'],
    ['answeredScan', 'm3'],
    ['awaitedGrant', 'm4'],
  ],
} as const;

/** What must not be taken at any step of a link. */
export const refusalsOf = (link: LinkVector, other: LinkVector): LinkRefusalVector[] => {
  const { direction } = link;
  const steps = STEPS[direction].flatMap(([state, slot]) => {
    const vector = (name: string, message: string, expected: string) => ({
      name: `${slot} ${name}`,
      direction,
      state,
      message,
      expected,
    });
    return [
      vector('with its last byte changed', swapped(link[slot], -1), 'notAuthentic'),
      vector('with a byte more', `${link[slot]}00`, 'notAuthentic'),
      vector('of another link', other[slot], 'notAuthentic'),
    ];
  });
  const [[displaying], [reading]] = STEPS[direction];
  return [
    ...steps,
    { name: 'm1 with e changed', direction, state: displaying, message: swapped(link.m1, 3), expected: 'notAuthentic' },
    {
      name: 'm1 with e of zeros',
      direction,
      state: displaying,
      message: `${'00'.repeat(32)}${link.m1.slice(64)}`,
      expected: 'malformed',
    },
    {
      name: 'm1 with e in a second encoding',
      direction,
      state: displaying,
      message: `${'ff'.repeat(32)}${link.m1.slice(64)}`,
      expected: 'malformed',
    },
    { name: 'm1 cut within e', direction, state: displaying, message: link.m1.slice(0, 62), expected: 'malformed' },
    {
      name: 'm2 with the KEM ciphertext changed',
      direction,
      state: reading,
      message: swapped(link.m2, 5),
      expected: 'notAuthentic',
    },
    {
      name: 'm2 cut within the KEM ciphertext',
      direction,
      state: reading,
      message: link.m2.slice(0, 2_000),
      expected: 'malformed',
    },
  ];
};

/** Sealed by somebody who knows the keys of the channel, as only the peer does: what is inside must not be taken. */
export const rogueVectors = (offer: LinkVector, request: LinkVector): LinkRefusalVector[] => {
  const displayed = createLinkOffer({
    signingKey: anna.account.device.signingKey,
    host: HOST,
    tlsPin,
    historyOffered: true,
    expiresAt: EXPIRY,
    random: seededRandomForTesting('vectors: offer'),
  });
  const says = (name: string, plaintext: Bytes, expected: string) => ({
    name: `m1 that says ${name}`,
    direction: 'offer' as const,
    state: 'offer',
    message: toHex(rogueClaim(displayed, plaintext).message),
    expected,
  });
  const proofBy = (
    record: Bytes,
    places: { readonly transcript: number; readonly key: number; readonly counter: number },
  ) => {
    const part = (start: number) => record.slice(start, start + 32);
    const transcript = part(record.length + places.transcript);
    const proof = makeProof(thief.keys, LinkTranscript.of(transcript));
    return toHex(
      sealBox(LinkChannelKey.of(part(record.length + places.key)), places.counter, {
        plaintext: proof,
        associatedData: transcript,
      }),
    );
  };
  const [claimed, shown] = [fromHex(offer.states['claimedOffer'] ?? ''), fromHex(request.states['answeredScan'] ?? '')];
  return [
    says('another suite', firstPlaintext({ suites: [2] }), 'suiteMismatch'),
    says('no suite', firstPlaintext({ suites: [] }), 'malformed'),
    says(
      'a KEM key that fails the modulus check',
      firstPlaintext({ kemKey: new Uint8Array(1_184).fill(0xff) }),
      'badKemKey',
    ),
    says(
      'a name with a mark of direction',
      firstPlaintext({ name: new TextEncoder().encode('a\u202eb') }),
      'malformed',
    ),
    {
      name: 'm3 proved by another device',
      direction: 'offer',
      state: 'claimedOffer',
      message: proofBy(claimed, { transcript: -102, key: -38, counter: 0 }),
      expected: 'badProof',
    },
    {
      name: 'm3 proved by another device',
      direction: 'request',
      state: 'answeredScan',
      message: proofBy(shown, { transcript: -96, key: -32, counter: 1 }),
      expected: 'badProof',
    },
  ];
};
