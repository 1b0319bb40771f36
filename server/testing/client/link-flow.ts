import { createHash } from 'node:crypto';
import {
  claimLinkOffer,
  createLinkOffer,
  createLinkRequest,
  hashRefreshToken,
  parseDeviceLabel,
  parseLinkCode,
  parseLinkHost,
  Plaintext,
  scanLinkRequest,
  systemRandom,
  type AwaitedGrant,
  type DeviceKeys,
  type MatchedLink,
} from '@sotto/crypto';
import { LinkSessionIdField, LIMITS, type ActivateLinkRequest, type Bytes } from '@sotto/protocol/wire';
import { z } from 'zod';
import { laterBy } from '../../domain/clock.js';
import { presentHead } from '../../domain/list-head.js';
import type { Storage } from '../../storage/storage.js';
import { call, succeed } from './rest-calls.js';
import { newDeviceKeys, newRefreshToken, preKeysOf, systemNow, type TestAccount } from './test-account.js';
import { type TestPerson, type TestServer } from './test-servers.js';

const must = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error('A link that tests make is malformed');
  return value;
};

const HOST = must(parseLinkHost('chat.example.org'));
const owned = (bytes: Uint8Array): Bytes => new Uint8Array(bytes);

/** Everything that the two ends of one link say, made beforehand by the real handshake: what the server does with it is the test. */
export interface LinkMaterial {
  readonly direction: 'forward' | 'reverse';
  readonly device: DeviceKeys;
  readonly token: Bytes;
  /** As it stands in paths. */
  readonly linkSessionId: string;
  readonly claimant: Bytes;
  readonly claimantHash: Bytes;
  /** M1 to M4. */
  readonly messages: readonly [Bytes, Bytes, Bytes, Bytes];
  readonly certificate: Bytes;
  readonly list: { readonly bytes: Bytes; readonly signature: Bytes };
  readonly activation: ActivateLinkRequest;
}

export interface MaterialOptions {
  readonly direction?: LinkMaterial['direction'];
  /** From the test's own time. */
  readonly expiresInMs?: number;
  /** Who signs token and list; the first device of the account if absent. */
  readonly signer?: DeviceKeys;
}

interface Talk {
  readonly token: Uint8Array;
  readonly messages: readonly [Uint8Array, Uint8Array, Uint8Array];
  readonly matched: MatchedLink;
  readonly awaited: AwaitedGrant;
}

const ownDevice = (keys: DeviceKeys) => ({
  keys,
  name: must(parseDeviceLabel('Laptop')),
  system: must(parseDeviceLabel('Linux')),
});

type Verdicts = { readonly outcome: string };
const expected = <Verdict extends Verdicts, Wanted extends Verdict['outcome']>(verdict: Verdict, wanted: Wanted) => {
  if (verdict.outcome !== wanted) throw new Error(`A link of honest ends was ${JSON.stringify(verdict)}`);
  return verdict as Extract<Verdict, { readonly outcome: Wanted }>;
};

const forwardTalk = (device: DeviceKeys, signer: DeviceKeys, expiresInMs: number): Talk => {
  const random = systemRandom;
  const expiresAt = laterBy(systemNow(), expiresInMs);
  const offer = createLinkOffer({ signingKey: signer.signingKey, host: HOST, expiresAt, random });
  const { code } = expected(parseLinkCode(offer.codeText), 'offer');
  const claim = claimLinkOffer(code, { own: ownDevice(device), random });
  const [first, token] = [claim.message, offer.token.bytes];
  const { claimed } = expected(offer.acceptClaim(first), 'claimed');
  const second = claimed.message;
  const { awaited } = expected(claim.acceptAnswer(second), 'answered');
  const { proven } = expected(claimed.acceptProof(awaited.message), 'proven');
  const { link } = expected(proven.matchDigits(must(awaited.digits)), 'matched');
  return { token, messages: [first, second, awaited.message], matched: link, awaited };
};

const reverseTalk = (device: DeviceKeys, expiresInMs: number): Talk => {
  const random = systemRandom;
  const expiresAt = laterBy(systemNow(), expiresInMs);
  const request = createLinkRequest({ own: ownDevice(device), host: HOST, expiresAt, random });
  const { code } = expected(parseLinkCode(request.codeText), 'request');
  const { scan } = expected(scanLinkRequest(code, { host: HOST, now: systemNow(), random }), 'started');
  const [first, token] = [scan.message, request.token.bytes];
  const { answered } = expected(request.acceptScan(first), 'answered');
  const second = answered.message;
  const { answered: shown } = expected(scan.acceptAnswer(second), 'answered');
  const { awaited } = expected(answered.typeDigits(shown.digits), 'matched');
  const { link } = expected(shown.acceptConfirmation(awaited.message), 'matched');
  return { token, messages: [first, second, awaited.message], matched: link, awaited };
};

/** A whole link of a new device to the account as its list is now, both ends honest. */
const linkMaterial = async (
  storage: Storage,
  account: TestAccount,
  { direction = 'forward', expiresInMs = 60_000, signer = account.keys.device }: MaterialOptions = {},
): Promise<LinkMaterial> => {
  const device = newDeviceKeys();
  const talk = direction === 'forward' ? forwardTalk(device, signer, expiresInMs) : reverseTalk(device, expiresInMs);
  const { head } = await presentHead(storage, account.accountId);
  const { deviceId, linkKey } = signer;
  const { matched, awaited } = talk;
  const linkSessionId = z.encode(LinkSessionIdField, owned(matched.sessionId));
  const certified = matched.certify({
    head,
    mostDevices: LIMITS.devicesMost,
    issuedAt: systemNow(),
    signer: { deviceId, linkKey },
  });
  const { grant } = expected(certified, 'signed');
  const fourth = matched.seal(Plaintext.of(systemRandom.bytes(64))).message;
  const { received } = expected(awaited.openGrant(fourth), 'opened');
  const { join } = expected(received.verify({ head, ...grant }), 'joinable');
  const claimant = systemRandom.bytes(32);
  const { bytes, dskSignature, ikSignature } = join.certificate;
  return {
    direction,
    device,
    token: owned(talk.token),
    linkSessionId,
    claimant,
    claimantHash: owned(createHash('sha256').update(claimant).digest()),
    messages: [...talk.messages, fourth].map(owned) as [Bytes, Bytes, Bytes, Bytes],
    certificate: owned(grant.certificate),
    list: { bytes: owned(grant.list.bytes), signature: owned(grant.list.signature) },
    activation: {
      claimant,
      certificate: { bytes: owned(bytes), dskSignature: owned(dskSignature), ikSignature: owned(ikSignature) },
      registrationId: device.registrationId,
      preKeys: preKeysOf(device, 1),
      refreshTokenHash: hashRefreshToken(newRefreshToken()),
    },
  };
};

/** Shows the password of a person. */
export const stepUp = async (server: Pick<TestServer, 'address'>, { account, token }: TestPerson): Promise<string> =>
  (await succeed(server.address, 'stepUp', { token, body: { secret: account.secret } })).stepUpToken;

/** The two ends of one link at a server, each call by itself. */
export class TestLink {
  readonly #address: string;
  readonly #person: TestPerson;
  readonly #stepUpToken: string;
  readonly material: LinkMaterial;

  constructor(address: string, person: TestPerson, given: { stepUpToken: string; material: LinkMaterial }) {
    this.#address = address;
    this.#person = person;
    this.#stepUpToken = given.stepUpToken;
    this.material = given.material;
  }

  /** The same link, talked about with another process. */
  at(address: string): TestLink {
    return new TestLink(address, this.#person, { stepUpToken: this.#stepUpToken, material: this.material });
  }

  create(more: { lookupId?: Bytes; replaces?: Bytes } = {}) {
    const body = { token: this.material.token, stepUpToken: this.#stepUpToken, ...more };
    return call(this.#address, 'createLinkSession', { token: this.#person.token, body });
  }

  createReverse() {
    const { token, claimantHash } = this.material;
    return call(this.#address, 'createReverseLinkSession', { body: { token, claimantHash } });
  }

  claim(claimantHash: Bytes = this.material.claimantHash, message: Bytes = this.material.messages[0]) {
    return call(this.#address, 'claimLinkSession', { body: { token: this.material.token, claimantHash, message } });
  }

  claimReverse() {
    const { token, messages } = this.material;
    const body = { token, message: messages[0], stepUpToken: this.#stepUpToken };
    return call(this.#address, 'claimReverseLinkSession', { token: this.#person.token, body });
  }

  put(number: 2 | 3, by: 'authorised' | 'new', body: Bytes = this.material.messages[number - 1]!) {
    return call(this.#address, 'putLinkMessage', { ...this.#as(by), body: { number, body, ...this.#claimantOf(by) } });
  }

  wait(by: 'authorised' | 'new', after = 0, waitMs = 0) {
    return call(this.#address, 'waitLinkSession', {
      ...this.#as(by),
      body: { after, waitMs, ...this.#claimantOf(by) },
    });
  }

  approve(changes: Partial<Pick<LinkMaterial, 'certificate' | 'list'> & { message: Bytes; stepUpToken: string }> = {}) {
    const { certificate, list, messages } = this.material;
    const body = { stepUpToken: this.#stepUpToken, certificate, list, message: messages[3], ...changes };
    return call(this.#address, 'approveLink', { ...this.#as('authorised'), body });
  }

  activate(changes: Partial<ActivateLinkRequest> = {}) {
    return call(this.#address, 'activateLink', {
      params: { linkSessionId: this.material.linkSessionId },
      body: { ...this.material.activation, ...changes },
    });
  }

  cancel(by: 'authorised' | 'new', reason: 'cancelled' | 'declined' | 'wrongDigits' = 'cancelled') {
    return call(this.#address, 'cancelLink', { ...this.#as(by), body: { reason, ...this.#claimantOf(by) } });
  }

  contest(mac: Bytes = systemRandom.bytes(32)) {
    return call(this.#address, 'contestLinkSession', { body: { token: this.material.token, mac } });
  }

  /** As far as a step, everything before it done. */
  async upTo(step: 'created' | 'claimed' | 'proven' | 'approved' | 'activated'): Promise<this> {
    const isForward = this.material.direction === 'forward';
    const steps = [
      ['created', () => (isForward ? this.create() : this.createReverse())],
      ['claimed', () => (isForward ? this.claim() : this.claimReverse())],
      ['answered', () => this.put(2, isForward ? 'authorised' : 'new')],
      ['proven', () => this.put(3, 'new')],
      ['approved', () => this.approve()],
      ['activated', () => this.activate()],
    ] as const;
    for (const [name, take] of steps) {
      const result = await take();
      if (result.type !== 'ok') throw new Error(`A link was refused at ${name}: ${JSON.stringify(result.error)}`);
      if (name === step) break;
    }
    return this;
  }

  #as(by: 'authorised' | 'new') {
    const params = { linkSessionId: this.material.linkSessionId };
    return by === 'authorised' ? { params, token: this.#person.token } : { params };
  }

  #claimantOf(by: 'authorised' | 'new') {
    return by === 'new' ? { claimant: this.material.claimant } : {};
  }
}

/** A link that nothing has been said of yet. */
export const newLink = async (
  server: TestServer,
  person: TestPerson,
  { storage, ...options }: MaterialOptions & { readonly storage: Storage },
): Promise<TestLink> =>
  new TestLink(server.address, person, {
    stepUpToken: await stepUp(server, person),
    material: await linkMaterial(storage, person.account, options),
  });

/** What a call ended with: a code, or `ok`. */
export const codeOf = (
  result: { readonly type: 'ok' } | { readonly type: 'refused'; readonly error: { code: string } },
) => (result.type === 'ok' ? 'ok' : result.error.code);
