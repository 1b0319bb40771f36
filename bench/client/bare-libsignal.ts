import * as libsignal from '@signalapp/libsignal-client';

/**
 * The least that two libsignal parties need to talk under sealed sender: every store a map in memory, nothing durable, nothing
 * checked beyond what libsignal checks itself. What Sotto's road is measured against.
 */
class Party {
  readonly address: libsignal.ProtocolAddress;
  readonly stores: MemoryStores;
  readonly certificate: libsignal.SenderCertificate;

  constructor(name: string, issue: (key: libsignal.PublicKey, uuid: string) => libsignal.SenderCertificate) {
    this.address = libsignal.ProtocolAddress.new(name, 1);
    this.stores = new MemoryStores();
    this.certificate = issue(this.stores.identity.getPublicKey(), name);
  }
}

const keyOf = (address: libsignal.ProtocolAddress): string => `${address.name()}.${String(address.deviceId())}`;

const get = <K, V>(map: ReadonlyMap<K, V>, key: K): V => {
  const value = map.get(key);
  if (value === undefined) throw new Error('not in the store');
  return value;
};

class Sessions extends libsignal.SessionStore {
  readonly #records = new Map<string, Uint8Array<ArrayBuffer>>();
  override async saveSession(address: libsignal.ProtocolAddress, record: libsignal.SessionRecord): Promise<void> {
    this.#records.set(keyOf(address), record.serialize());
  }
  override async getSession(address: libsignal.ProtocolAddress): Promise<libsignal.SessionRecord | null> {
    const record = this.#records.get(keyOf(address));
    return record === undefined ? null : libsignal.SessionRecord.deserialize(record);
  }
  override async getExistingSessions(addresses: libsignal.ProtocolAddress[]): Promise<libsignal.SessionRecord[]> {
    return addresses.map((address) => libsignal.SessionRecord.deserialize(get(this.#records, keyOf(address))));
  }
}

class Identities extends libsignal.IdentityKeyStore {
  readonly #key: libsignal.PrivateKey;
  readonly #known = new Map<string, libsignal.PublicKey>();
  constructor(key: libsignal.PrivateKey) {
    super();
    this.#key = key;
  }
  override async getIdentityKey(): Promise<libsignal.PrivateKey> {
    return this.#key;
  }
  override async getLocalRegistrationId(): Promise<number> {
    return 1;
  }
  override async saveIdentity(
    address: libsignal.ProtocolAddress,
    key: libsignal.PublicKey,
  ): Promise<libsignal.IdentityChange> {
    this.#known.set(keyOf(address), key);
    return libsignal.IdentityChange.NewOrUnchanged;
  }
  override async isTrustedIdentity(): Promise<boolean> {
    return true;
  }
  override async getIdentity(address: libsignal.ProtocolAddress): Promise<libsignal.PublicKey | null> {
    return this.#known.get(keyOf(address)) ?? null;
  }
}

class PreKeys extends libsignal.PreKeyStore {
  readonly records = new Map<number, libsignal.PreKeyRecord>();
  override async savePreKey(id: number, record: libsignal.PreKeyRecord): Promise<void> {
    this.records.set(id, record);
  }
  override async getPreKey(id: number): Promise<libsignal.PreKeyRecord> {
    return get(this.records, id);
  }
  override async removePreKey(id: number): Promise<void> {
    this.records.delete(id);
  }
}

class SignedPreKeys extends libsignal.SignedPreKeyStore {
  readonly #records = new Map<number, libsignal.SignedPreKeyRecord>();
  override async saveSignedPreKey(id: number, record: libsignal.SignedPreKeyRecord): Promise<void> {
    this.#records.set(id, record);
  }
  override async getSignedPreKey(id: number): Promise<libsignal.SignedPreKeyRecord> {
    return get(this.#records, id);
  }
}

class KyberPreKeys extends libsignal.KyberPreKeyStore {
  readonly #records = new Map<number, libsignal.KyberPreKeyRecord>();
  override async saveKyberPreKey(id: number, record: libsignal.KyberPreKeyRecord): Promise<void> {
    this.#records.set(id, record);
  }
  override async getKyberPreKey(id: number): Promise<libsignal.KyberPreKeyRecord> {
    return get(this.#records, id);
  }
  override async markKyberPreKeyUsed(): Promise<void> {
    // A reusable key has no marks here: nothing of this outlives the run.
  }
}

class MemoryStores {
  readonly identity = libsignal.PrivateKey.generate();
  readonly identities = new Identities(this.identity);
  readonly sessions = new Sessions();
  readonly preKeys = new PreKeys();
  readonly signedPreKeys = new SignedPreKeys();
  readonly kyberPreKeys = new KyberPreKeys();

  async bundle(): Promise<libsignal.PreKeyBundle> {
    const now = Date.now();
    const identityKey = this.identity.getPublicKey();
    const preKey = libsignal.PrivateKey.generate();
    const signed = libsignal.PrivateKey.generate();
    const kyber = libsignal.KEMKeyPair.generate();
    const signature = this.identity.sign(signed.getPublicKey().serialize());
    const kyberSignature = this.identity.sign(kyber.getPublicKey().serialize());
    await this.preKeys.savePreKey(1, libsignal.PreKeyRecord.new(1, preKey.getPublicKey(), preKey));
    await this.signedPreKeys.saveSignedPreKey(
      1,
      libsignal.SignedPreKeyRecord.new(1, now, signed.getPublicKey(), signed, signature),
    );
    await this.kyberPreKeys.saveKyberPreKey(1, libsignal.KyberPreKeyRecord.new(1, now, kyber, kyberSignature));
    return libsignal.PreKeyBundle.new(
      1,
      1,
      1,
      preKey.getPublicKey(),
      1,
      signed.getPublicKey(),
      signature,
      identityKey,
      1,
      kyber.getPublicKey(),
      kyberSignature,
    );
  }
}

const DAY_MS = 86_400_000;
const PRE_KEY_MESSAGE: number = libsignal.CiphertextMessageType.PreKey;

export interface BarePair {
  send(plaintext: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  receive(sealed: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}

/** Two parties with a session in which both have spoken. */
export const bareLibsignal = async (): Promise<BarePair> => {
  const root = libsignal.PrivateKey.generate();
  const server = libsignal.PrivateKey.generate();
  const serverCertificate = libsignal.ServerCertificate.new(1, server.getPublicKey(), root);
  const issue = (key: libsignal.PublicKey, uuid: string): libsignal.SenderCertificate =>
    libsignal.SenderCertificate.new(uuid, null, 1, key, Date.now() + DAY_MS, serverCertificate, server);
  const alice = new Party('11111111-1111-4111-8111-111111111111', issue);
  const bob = new Party('22222222-2222-4222-8222-222222222222', issue);
  const trustRoots = [root.getPublicKey()];

  const transmit = async (from: Party, to: Party, plaintext: Uint8Array<ArrayBuffer>) => {
    const { sessions, identities } = from.stores;
    const message = await libsignal.signalEncrypt(plaintext, to.address, from.address, sessions, identities);
    const content = libsignal.UnidentifiedSenderMessageContent.new(
      message,
      from.certificate,
      libsignal.ContentHint.Resendable,
      null,
    );
    return libsignal.sealedSenderEncrypt(content, to.address, identities);
  };

  const open = async (to: Party, sealed: Uint8Array<ArrayBuffer>) => {
    const { identities, sessions, preKeys, signedPreKeys, kyberPreKeys } = to.stores;
    const content = await libsignal.sealedSenderDecryptToUsmc(sealed, identities);
    const certificate = content.senderCertificate();
    if (!certificate.validateWithTrustRoots(trustRoots, Date.now())) throw new Error('certificate');
    const from = libsignal.ProtocolAddress.new(certificate.senderUuid(), certificate.senderDeviceId());
    return content.msgType() === PRE_KEY_MESSAGE
      ? libsignal.signalDecryptPreKey(
          libsignal.PreKeySignalMessage.deserialize(content.contents()),
          from,
          to.address,
          sessions,
          identities,
          preKeys,
          signedPreKeys,
          kyberPreKeys,
        )
      : libsignal.signalDecrypt(
          libsignal.SignalMessage.deserialize(content.contents()),
          from,
          to.address,
          sessions,
          identities,
        );
  };

  const { sessions, identities } = alice.stores;
  await libsignal.processPreKeyBundle(await bob.stores.bundle(), bob.address, alice.address, sessions, identities);
  await open(bob, await transmit(alice, bob, new Uint8Array(16)));
  await open(alice, await transmit(bob, alice, new Uint8Array(16)));
  return { send: (plaintext) => transmit(alice, bob, plaintext), receive: (sealed) => open(bob, sealed) };
};
