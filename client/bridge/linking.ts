import { z } from 'zod';
import { UnixMsValue, UsernameValue } from './views.js';
import { Password, SecondFactor } from './proof.js';

/** Linking a device by QR, by text or by typed code, on both sides (SPEC, Linking). */

const None = z.strictObject({});
const Digits = z.string().regex(/^\d{6}$/);
const Address = z.string().min(1).max(512);
/** As scanned, pasted or typed; the core says what is wrong with it. */
const Code = z.string().max(4_096);
const Named = z.string().trim().min(1).max(64);

/** Why a link ended without a new device. Nothing was shared unless it says so. */
export const LinkEnd = z.enum([
  'cancelled',
  /** “Not me” on the authorised device, or “Not my account” on the new one. */
  'refused',
  'expired',
  'digitsDiffer',
  /** Somebody else has used the code first. */
  'codeUsed',
  /** The device on the channel is not the one that was scanned: keys were exchanged on the way. */
  'tampered',
  /** The account's devices changed meanwhile. */
  'listChanged',
  'tooManyDevices',
  /** The other side never finished. */
  'unfinished',
  /** The server would not. */
  'serverRefused',
]);
export type LinkEnd = z.infer<typeof LinkEnd>;

/** How the history is getting on. */
export const HistoryView = z.strictObject({
  done: z.number().int().nonnegative(),
  total: z.number().int().nonnegative(),
  /** `held`: to a device that was linked by its own code it goes a day later. */
  state: z.enum(['running', 'waiting', 'held', 'finished', 'failed']),
});
export type HistoryView = z.infer<typeof HistoryView>;

/** The authorised device's side of a link. */
export const LinkOfferView = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('none') }),
  z.strictObject({
    state: z.literal('showing'),
    /** `qr`: draw `code`. `text`: the same to copy, behind a warning. `manual`: 24 characters to type. */
    mode: z.enum(['qr', 'text', 'manual']),
    code: z.string(),
    /** A new code replaces this one then; counted on this device's clock. */
    renewsAt: UnixMsValue,
    /** After the last renewal the password is asked for again. */
    renewalsLeft: z.number().int().nonnegative(),
  }),
  /** The new device has answered and is being verified. */
  z.strictObject({ state: z.literal('claimed') }),
  z.strictObject({
    state: z.literal('confirming'),
    deviceName: z.string(),
    system: z.string(),
    /** `type`: the person types here what the new device shows. `show`: this device shows, the new one types. */
    digits: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('type') }),
      z.strictObject({ kind: z.literal('show'), value: Digits, typed: z.boolean() }),
    ]),
    /** Somebody else says that the code was theirs. */
    contested: z.boolean(),
    history: z.strictObject({ messages: z.number().int().nonnegative() }),
    endsAt: UnixMsValue,
  }),
  /** Approved; the new device is about to join. */
  z.strictObject({ state: z.literal('approved'), deviceName: z.string() }),
  z.strictObject({ state: z.literal('linked'), deviceName: z.string(), history: HistoryView.optional() }),
  z.strictObject({ state: z.literal('ended'), reason: LinkEnd }),
]);
export type LinkOfferView = z.infer<typeof LinkOfferView>;

/** The new device's side of a link. */
export const JoinView = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('none') }),
  /** Reverse direction: this device shows a code, the authorised one scans it. */
  z.strictObject({ state: z.literal('showing'), code: z.string(), expiresAt: UnixMsValue }),
  z.strictObject({ state: z.literal('connecting'), host: z.string() }),
  /** The digits, to be typed on the authorised device. */
  z.strictObject({ state: z.literal('digits'), host: z.string(), digits: Digits, endsAt: UnixMsValue }),
  /** Reverse direction: the digits of the authorised device are to be typed here. */
  z.strictObject({ state: z.literal('typing'), host: z.string(), endsAt: UnixMsValue }),
  /** “Join @alice on chat.example.org?” */
  z.strictObject({
    state: z.literal('asking'),
    host: z.string(),
    username: UsernameValue,
    /** SHA-256 of the server's trust root in groups of four hex digits. */
    fingerprint: z.string(),
    endsAt: UnixMsValue,
  }),
  z.strictObject({ state: z.literal('joining'), host: z.string(), username: UsernameValue }),
  z.strictObject({ state: z.literal('ended'), reason: LinkEnd }),
]);
export type JoinView = z.infer<typeof JoinView>;

export const LINKING_METHODS = {
  linkOffer: { params: None, result: LinkOfferView },
  /** Opens the link key for this one flow and shows the first code. `history`: whether it is to follow. */
  startLinkOffer: {
    params: z.strictObject({
      password: Password,
      secondFactor: SecondFactor,
      mode: z.enum(['qr', 'text', 'manual']),
      history: z.boolean(),
    }),
    result: LinkOfferView,
  },
  /** Reverse direction: reads the code that the new device shows. */
  scanNewDevice: {
    params: z.strictObject({ password: Password, secondFactor: SecondFactor, code: Code, history: z.boolean() }),
    result: LinkOfferView,
  },
  /** Approves with the digits that the new device shows: one try. In the reverse direction without digits, once they were typed there. */
  approveLink: { params: z.strictObject({ digits: Digits.optional() }), result: LinkOfferView },
  /** “Not me.” */
  refuseLink: { params: None, result: LinkOfferView },
  /** Ends showing or waiting; also puts an ended one away. */
  closeLinkOffer: { params: None, result: LinkOfferView },

  join: { params: None, result: JoinView },
  /** A scanned or pasted code. */
  joinByCode: { params: z.strictObject({ code: Code, deviceName: Named }), result: JoinView },
  joinByManualCode: {
    params: z.strictObject({ address: Address, code: Code, deviceName: Named }),
    result: JoinView,
  },
  /** Reverse direction, where the server allows it: this device shows. */
  showJoinCode: { params: z.strictObject({ address: Address, deviceName: Named }), result: JoinView },
  /** Reverse direction: the digits that the authorised device shows. One try. */
  typeJoinDigits: { params: z.strictObject({ digits: Digits }), result: JoinView },
  /** “Join.” */
  confirmJoin: { params: None, result: JoinView },
  /** “Not my account”, or leaving it; also puts an ended one away. */
  closeJoin: { params: None, result: JoinView },
} as const satisfies Record<string, { params: z.ZodType; result: z.ZodType }>;

export const HISTORY_METHODS = {
  /** The history that is on its way to or from this device; absent where none is. */
  history: { params: None, result: z.strictObject({ history: HistoryView.optional() }) },
  /** Tries a history that failed or waits again. */
  retryHistory: { params: None, result: None },
} as const satisfies Record<string, { params: z.ZodType; result: z.ZodType }>;
