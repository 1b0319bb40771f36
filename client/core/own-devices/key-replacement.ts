import { accessKeyVerifier, constantTimeEqual, deriveAccessKey, ProfileKey, type RandomSource } from '@sotto/crypto';
import type { AccountKeyRotation } from '@sotto/protocol/content';
import { later, type Clock } from '../net/clock.js';
import type { Messaging } from '../messaging/messaging.js';
import type { AccountApi } from '../net/types.js';
import type { ProfileDatabase } from '../storage/database.js';
import type { RecoverySeal } from './recovery-seal.js';
import type { KeyRotation, KeyRotationRepository } from '../storage/key-rotation-repository.js';

const KEY_LENGTH = 32;
/** Somebody whose greeting cannot leave must not keep the old access key alive for long. */
const GREETINGS_WITHIN_MS = 300_000;

export interface KeyReplacementParts {
  readonly database: ProfileDatabase;
  readonly rotations: KeyRotationRepository;
  readonly messaging: Pick<Messaging, 'announcer' | 'greet'>;
  readonly api: AccountApi;
  readonly seal: Pick<RecoverySeal, 'renew'>;
  /** Part of a transaction. */
  readonly adoptKeys: (rotation: AccountKeyRotation) => void;
  readonly clock: Clock;
  readonly random: RandomSource;
}

/**
 * Replaces storage and profile key, as a job that survives every crash: the new keys are stored; the storage record is sealed
 * with them; own devices and contacts are told; the recovery key opens them; the server's access key changes last (claim P11).
 */
export class KeyReplacement {
  readonly #parts: KeyReplacementParts;

  constructor(parts: KeyReplacementParts) {
    this.#parts = parts;
  }

  /** Part of the transaction that makes new keys necessary. One that is under way is overtaken, and stays as strict as it was. */
  begin({ grace }: { readonly grace: boolean }): void {
    const { rotations, random, clock } = this.#parts;
    rotations.save({
      storageKey: random.bytes(KEY_LENGTH),
      profileKey: random.bytes(KEY_LENGTH),
      grace: grace && rotations.find()?.grace !== false,
      step: 'due',
      since: clock.now(),
    });
  }

  /** The server was put back to an older state: what it and the recovery key hold is told again. New keys do that themselves. */
  repeat({ storageKey, profileKey }: Pick<KeyRotation, 'storageKey' | 'profileKey'>): void {
    const { rotations, clock } = this.#parts;
    if (rotations.find() !== undefined) return;
    rotations.save({ storageKey, profileKey, grace: true, step: 'recorded', since: clock.now() });
  }

  /** The keys that nobody knows yet. */
  get due(): KeyRotation | undefined {
    const rotation = this.#parts.rotations.find();
    return rotation?.step === 'due' ? rotation : undefined;
  }

  /** The storage record is sealed with the new keys. Part of the transaction that notes it. */
  recorded(rotation: KeyRotation, storageRecordVersion: number): void {
    const { rotations, messaging, adoptKeys, clock } = this.#parts;
    const { storageKey, profileKey } = rotation;
    const keys = { kind: 'accountKeys', storageRecordVersion, storageKey, profileKey } as const;
    adoptKeys(keys);
    messaging.announcer.tell(keys);
    const present = rotations.find();
    // Where newer keys are due already, contacts are greeted with those.
    if (present === undefined || !constantTimeEqual(present.profileKey, profileKey)) return;
    messaging.greet();
    rotations.save({ ...rotation, step: 'recorded', since: clock.now() });
  }

  /** Seals the keys to the recovery key, and tells the server the new access key once that is due. */
  async finish(): Promise<'done' | 'later'> {
    const { rotations, api, seal, clock } = this.#parts;
    const rotation = rotations.find();
    if (rotation?.step !== 'recorded') return 'done';
    const { profileKey, grace, since } = rotation;
    const isDue = grace || rotations.greetingsLeft() === 0 || later(since, GREETINGS_WITHIN_MS) <= clock.now();
    if (!isDue) return 'later';
    if ((await seal.renew()) === 'later') return 'later';
    const accessKey = deriveAccessKey(ProfileKey.of(profileKey));
    const verifier = accessKeyVerifier(accessKey);
    accessKey.purge();
    const answer = await api.call('replaceAccessKey', { body: { verifier, grace } });
    if (answer.outcome !== 'ok') return 'later';
    rotations.end(profileKey);
    return 'done';
  }
}
