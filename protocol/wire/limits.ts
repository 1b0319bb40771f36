/** Sizes and counts that both sides hold each other to (SPEC §8). A value beyond its limit is refused before it is parsed. */
export const LIMITS = {
  /** One binary WebSocket message. */
  frameBytes: 256 * 1024,
  /** The ciphertext of one envelope. */
  envelopeBytes: 128 * 1024,
  /** Envelopes in one `Send`: one a device of the recipient. */
  envelopesPerSend: 10,
  /** Ids in one `Acknowledge`. */
  acknowledgementsPerFrame: 1_000,
  /** Envelopes in one `Deliver`. */
  envelopesPerDelivery: 100,
  /** An ordinary REST body. */
  bodyBytes: 64 * 1024,
  /** A REST body that carries prekeys. */
  preKeyBodyBytes: 512 * 1024,
  /** One-time keys of one kind in one upload, and stored for one device. */
  oneTimePreKeys: 100,
  /** A client refills its one-time keys below this count. */
  oneTimePreKeysLow: 10,
  /** Devices that an account may have where the host sets nothing else, and the most that a host may allow. */
  devicesDefault: 5,
  devicesMost: 10,
  /** Steps of one account's list in one answer. */
  listEntriesPerPage: 50,
  /** Canonical bytes of a device certificate and of a device list. */
  certificateBytes: 512,
  deviceListBytes: 2_048,
  /** Envelopes waiting for one device. */
  mailboxEnvelopes: 1_000,
  emailLength: 254,
  accessTokenLength: 2_048,
} as const;

/** Lifetimes that both sides reckon with, in milliseconds. */
export const LIFETIMES = {
  accessTokenMs: 10 * 60_000,
  senderCertificateMs: 24 * 3_600_000,
  /** Undelivered envelopes expire. */
  envelopeMs: 30 * 24 * 3_600_000,
  /** A socket that has not authenticated by then is closed. */
  authenticateMs: 10_000,
} as const;
