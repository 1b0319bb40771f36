import {
  createLinkOffer,
  DeviceSigningKey,
  formatManualCode,
  generateManualCode,
  manualCodeLookupId,
  type LinkHost,
  type LinkOffer,
  type RandomSource,
} from '@sotto/crypto';
import type { UnixMs } from '@sotto/protocol/ids';
import { LIFETIMES, type Bytes, type CreateLinkSessionRequest } from '@sotto/protocol/wire';
import type { z } from 'zod';
import type { AccountRecord } from '../account/types.js';
import { later } from '../net/clock.js';

export type OfferMode = 'qr' | 'text' | 'manual';

interface CodeInput {
  readonly record: AccountRecord;
  readonly host: LinkHost;
  readonly mode: OfferMode;
  readonly historyOffered: boolean;
  /** The server's time: the own clock may be hours off. */
  readonly now: UnixMs;
  readonly random: RandomSource;
}

/** A code that a person types stays good for longer than one that is scanned. */
const lifetimeOf = (mode: OfferMode): number => (mode === 'manual' ? LIFETIMES.linkOpenTypedMs : LIFETIMES.linkOpenMs);

/** How often the code of this kind renews itself. */
export const renewalsOf = (mode: OfferMode): number => (mode === 'manual' ? 0 : LIFETIMES.linkRenewals);

/** Makes a code and everything random about it. */
export const makeCode = ({ record, host, mode, historyOffered, now, random }: CodeInput): LinkOffer => {
  const signingKey = DeviceSigningKey.of(record.keys.deviceSigningKey);
  const offer = createLinkOffer({
    signingKey,
    host,
    textExport: mode === 'text',
    historyOffered,
    expiresAt: later(now, lifetimeOf(mode)),
    manualCode: mode === 'manual' ? generateManualCode(random) : undefined,
    random,
  });
  signingKey.purge();
  return offer;
};

/** What a person scans, copies or types. */
export const codeTextOf = (offer: LinkOffer): string =>
  offer.manualCode === undefined ? offer.codeText : formatManualCode(offer.manualCode);

/** What the server is told of a code: the token, never the secret. */
export const sessionRequestOf = (
  { token, manualCode }: LinkOffer,
  rest: { readonly stepUpToken: string; readonly replaces: Bytes | undefined },
): z.infer<typeof CreateLinkSessionRequest> => ({
  token: token.bytes,
  stepUpToken: rest.stepUpToken,
  ...(manualCode === undefined ? {} : { lookupId: manualCodeLookupId(manualCode) }),
  ...(rest.replaces === undefined ? {} : { replaces: rest.replaces }),
});
