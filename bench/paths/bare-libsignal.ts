import * as libsignal from '@signalapp/libsignal-client';

type Bytes = Uint8Array<ArrayBuffer>;

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
  readonly #records = new Map<number, libsignal.PreKeyRecord>();
  override async savePreKey(id: number, record: libsignal.PreKeyRecord): Promise<void> {
    this.#records.set(id, record);
  }
  override async getPreKey(id: number): Promise<libsignal.PreKeyRecord> {
    return get(this.#records, id);
  }
  override async removePreKey(id: number): Promise<void> {
    this.#records.delete(id);
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
      this.identity.getPublicKey(),
      1,
      kyber.getPublicKey(),
      kyberSignature,
    );
  }
}

const DAY_MS = 86_400_000;
const PRE_KEY_MESSAGE: number = libsignal.CiphertextMessageType.PreKey;

type Issue = (key: libsignal.PublicKey, uuid: string) => libsignal.SenderCertificate;

/** Every store a map in memory, nothing durable, nothing checked beyond what libsignal checks itself. */
class Party {
  readonly address: libsignal.ProtocolAddress;
  readonly stores = new MemoryStores();
  readonly #certificate: libsignal.SenderCertificate;
  readonly #trustRoots: libsignal.PublicKey[];

  constructor(name: string, issue: Issue, trustRoot: libsignal.PublicKey) {
    this.address = libsignal.ProtocolAddress.new(name, 1);
    this.#certificate = issue(this.stores.identity.getPublicKey(), name);
    this.#trustRoots = [trustRoot];
  }

  async seal(to: libsignal.ProtocolAddress, plaintext: Bytes): Promise<Bytes> {
    const { sessions, identities } = this.stores;
    const message = await libsignal.signalEncrypt(plaintext, to, this.address, sessions, identities);
    const content = libsignal.UnidentifiedSenderMessageContent.new(
      message,
      this.#certificate,
      libsignal.ContentHint.Resendable,
      null,
    );
    return libsignal.sealedSenderEncrypt(content, to, identities);
  }

  async open(sealed: Bytes): Promise<Bytes> {
    const { identities, sessions, preKeys, signedPreKeys, kyberPreKeys } = this.stores;
    const content = await libsignal.sealedSenderDecryptToUsmc(sealed, identities);
    const certificate = content.senderCertificate();
    if (!certificate.validateWithTrustRoots(this.#trustRoots, Date.now())) throw new Error('certificate');
    const from = libsignal.ProtocolAddress.new(certificate.senderUuid(), certificate.senderDeviceId());
    if (content.msgType() !== PRE_KEY_MESSAGE) {
      const message = libsignal.SignalMessage.deserialize(content.contents());
      return libsignal.signalDecrypt(message, from, this.address, sessions, identities);
    }
    return libsignal.signalDecryptPreKey(
      libsignal.PreKeySignalMessage.deserialize(content.contents()),
      from,
      this.address,
      sessions,
      identities,
      preKeys,
      signedPreKeys,
      kyberPreKeys,
    );
  }
}

/** The least that two libsignal parties need to talk under sealed sender. */
export interface BarePair {
  seal(plaintext: Bytes): Promise<Bytes>;
  open(sealed: Bytes): Promise<Bytes>;
}

/** Two parties with a session in which both have spoken. */
export const bareLibsignal = async (): Promise<BarePair> => {
  const root = libsignal.PrivateKey.generate();
  const server = libsignal.PrivateKey.generate();
  const serverCertificate = libsignal.ServerCertificate.new(1, server.getPublicKey(), root);
  const issue: Issue = (key, uuid) =>
    libsignal.SenderCertificate.new(uuid, null, 1, key, Date.now() + DAY_MS, serverCertificate, server);
  const alice = new Party('11111111-1111-4111-8111-111111111111', issue, root.getPublicKey());
  const bob = new Party('22222222-2222-4222-8222-222222222222', issue, root.getPublicKey());
  const { sessions, identities } = alice.stores;
  await libsignal.processPreKeyBundle(await bob.stores.bundle(), bob.address, alice.address, sessions, identities);
  await bob.open(await alice.seal(bob.address, new Uint8Array(16)));
  await alice.open(await bob.seal(alice.address, new Uint8Array(16)));
  return { seal: (plaintext) => alice.seal(bob.address, plaintext), open: (sealed) => bob.open(sealed) };
};
