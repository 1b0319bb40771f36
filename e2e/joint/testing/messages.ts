/** What the test and its receiving process say to each other, one JSON value a line. Bytes are base64. */
export interface DeliveredEnvelope {
  readonly id: string;
  readonly serverTime: number;
  readonly ciphertext: string;
}

/** Everything that the process does not read from its database. */
export interface StartMessage {
  readonly kind: 'start';
  readonly databasePath: string;
  readonly accountId: string;
  readonly trustRoot: string;
  readonly serverCertificate: string;
  readonly certificate: string;
}

export type ToReceiver =
  | StartMessage
  | { readonly kind: 'deliver'; readonly envelopes: readonly DeliveredEnvelope[] }
  /** The server has these answers: they need not be sent again. */
  | { readonly kind: 'accepted'; readonly ids: readonly string[] };

export type FromReceiver =
  | { readonly kind: 'acknowledge'; readonly ids: readonly string[] }
  | { readonly kind: 'answer'; readonly id: string; readonly deviceId: string; readonly ciphertext: string };

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
export const fromBase64 = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, 'base64'));
