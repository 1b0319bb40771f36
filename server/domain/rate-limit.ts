import { refuse, type Refusal } from './outcome.js';

/** A bucket of `burst` that refills by one in `everyMs`. */
interface Bucket {
  readonly burst: number;
  readonly everyMs: number;
}

const minutes = (count: number): number => count * 60_000;

/** The table of limits: against whom each counts is said by the key that the caller hands in. `sotto-admin limits` shows it. */
export const RATE_LIMITS = {
  register: { burst: 6, everyMs: 30_000 },
  /** Failures of one name from one address. A name alone is never locked: that would let anyone lock anyone out. */
  signInFailure: { burst: 5, everyMs: minutes(3) },
  /** Failures of one address over all names. */
  signInFailureOfAddress: { burst: 50, everyMs: 18_000 },
  /** Failures at a device that is signed in already. */
  stepUpFailure: { burst: 5, everyMs: minutes(3) },
  /** Codes of a second factor, right or wrong, for one account: there are only a million of them. */
  secondFactor: { burst: 10, everyMs: minutes(1) },
  /** Mail that one account, or one address, makes the server send. */
  mail: { burst: 5, everyMs: minutes(10) },
  /** Codes from mail that are entered. */
  mailCode: { burst: 20, everyMs: minutes(1) },
  /** What a person does to the own account. */
  ownAccount: { burst: 30, everyMs: 10_000 },
  authParameters: { burst: 60, everyMs: 1_000 },
  refresh: { burst: 30, everyMs: 10_000 },
  lookUp: { burst: 100, everyMs: 15_000 },
  deviceList: { burst: 300, everyMs: 500 },
  /** Lists that a restored server has lost: every device of every account brings those that it knows, once. */
  restoreDeviceList: { burst: 300, everyMs: 500 },
  appendDeviceList: { burst: 20, everyMs: minutes(1) },
  /** Own devices, signing others out. */
  ownDevices: { burst: 30, everyMs: 2_000 },
  /** Link sessions that a device asks for; how many it gets is counted in the database. */
  linkCreate: { burst: 30, everyMs: 10_000 },
  /** Sessions that new devices begin, which nobody vouches for. */
  linkCreateReverse: { burst: 5, everyMs: minutes(2) },
  /** Codes that are claimed, looked up or contested. */
  linkClaim: { burst: 20, everyMs: 3_000 },
  /** What the two ends of one session ask. */
  linkCall: { burst: 120, everyMs: 500 },
  claimAuthenticated: { burst: 6, everyMs: minutes(10) },
  claimForTarget: { burst: 30, everyMs: minutes(1) },
  claimOfAddress: { burst: 30, everyMs: minutes(1) },
  publish: { burst: 10, everyMs: minutes(6) },
  senderCertificate: { burst: 20, everyMs: minutes(5) },
  recoveryBlob: { burst: 20, everyMs: minutes(1) },
  /** Guessing at recovery keys is hopeless; this bounds what the server does for those who try. */
  recoveryFetch: { burst: 10, everyMs: 30_000 },
  recoveryRequest: { burst: 10, everyMs: minutes(1) },
  recoveryPasswordFailure: { burst: 5, everyMs: minutes(3) },
  pendingRecoveries: { burst: 60, everyMs: 1_000 },
  recoveryVeto: { burst: 10, everyMs: minutes(1) },
  newRoot: { burst: 5, everyMs: minutes(10) },
  storageRecordRead: { burst: 60, everyMs: 1_000 },
  storageRecordWrite: { burst: 60, everyMs: 5_000 },
  replaceAccessKey: { burst: 20, everyMs: minutes(5) },
  /** Segments of archives. */
  upload: { burst: 50, everyMs: 1_200 },
  download: { burst: 200, everyMs: 200 },
  archiveCall: { burst: 60, everyMs: 1_000 },
  connect: { burst: 120, everyMs: 500 },
  /** Sends of one account, or with one access key. */
  send: { burst: 60, everyMs: 1_000 },
  /** The same in bytes of ciphertext: 8 MiB, then 64 KiB a second. */
  sendBytes: { burst: 8 * 1_048_576, everyMs: 1_000 / 65_536 },
  /** Calls of one address, whatever they ask for: above what a household or an office behind one address does. */
  call: { burst: 1_000, everyMs: 10 },
  /** Frames of any kind of one device, or of one anonymous socket: acknowledgements come one a delivery at most. */
  frames: { burst: 600, everyMs: 20 },
} as const satisfies Record<string, Bucket>;

export type RateLimitName = keyof typeof RATE_LIMITS;

/** Whoever guesses or drains gets no new chances by making a server restart. */
export const DURABLE_LIMITS: ReadonlySet<RateLimitName> = new Set([
  'register',
  'signInFailure',
  'signInFailureOfAddress',
  'stepUpFailure',
  'secondFactor',
  'mail',
  'mailCode',
  'recoveryPasswordFailure',
  'recoveryRequest',
  'newRoot',
  'linkCreateReverse',
  'claimAuthenticated',
  'claimForTarget',
  'publish',
]);

/** What a draw from a bucket costs, in time: how long it takes to refill so much, and all of the bucket. */
export const drawOf = (
  limit: RateLimitName,
  amount: number,
  factor: number,
): { readonly refillMs: number; readonly emptyMs: number } => {
  const { burst, everyMs } = RATE_LIMITS[limit];
  return { refillMs: (amount * everyMs) / factor, emptyMs: burst * everyMs };
};

export type LimitOutcome = { readonly type: 'allowed' } | { readonly type: 'limited'; readonly retryAfterMs: number };

/** Counts what somebody does too often: at once where the counters are this process's own, later where several share them. */
export interface RateLimiter {
  take(limit: RateLimitName, key: string, amount?: number): LimitOutcome | Promise<LimitOutcome>;
  /** Undoes a `take`, where only failures count. */
  giveBack(limit: RateLimitName, key: string, amount?: number): Promise<void>;
}

interface Level {
  tokens: number;
  at: number;
}

const ALLOWED: LimitOutcome = { type: 'allowed' };
/** About 20 MB. Past it the oldest buckets go: a flood of new keys must not become a flood of memory. */
const BUCKETS_MOST = 200_000;

/** Token buckets of this process alone. */
export class LocalRateLimiter implements RateLimiter {
  readonly #nowMs: () => number;
  readonly #factor: number;
  #recent = new Map<string, Level>();
  #earlier = new Map<string, Level>();

  /**
   * @param nowMs - a clock that never goes back
   * @param factor - multiplies burst and refill
   */
  constructor(nowMs: () => number, factor: number) {
    this.#nowMs = nowMs;
    this.#factor = factor;
  }

  take(limit: RateLimitName, key: string, amount = 1): LimitOutcome {
    const level = this.#level(limit, key);
    if (level.tokens >= amount) {
      level.tokens -= amount;
      return ALLOWED;
    }
    const { everyMs } = RATE_LIMITS[limit];
    return { type: 'limited', retryAfterMs: Math.ceil(((amount - level.tokens) * everyMs) / this.#factor) };
  }

  async giveBack(limit: RateLimitName, key: string, amount = 1): Promise<void> {
    const level = this.#level(limit, key);
    level.tokens = Math.min(level.tokens + amount, RATE_LIMITS[limit].burst * this.#factor);
  }

  #level(limit: RateLimitName, key: string): Level {
    const { burst, everyMs } = RATE_LIMITS[limit];
    const most = burst * this.#factor;
    const now = this.#nowMs();
    const name = `${limit} ${key}`;
    const known = this.#recent.get(name) ?? this.#earlier.get(name);
    if (known === undefined) return this.#keep(name, { tokens: most, at: now });
    known.tokens = Math.min(most, known.tokens + ((now - known.at) / everyMs) * this.#factor);
    known.at = now;
    return this.#recent.has(name) ? known : this.#keep(name, known);
  }

  /** Half of the room for what was asked for since the other half was full: what nobody asks for again is forgotten with it. */
  #keep(name: string, level: Level): Level {
    if (this.#recent.size >= BUCKETS_MOST / 2) {
      this.#earlier = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(name, level);
    return level;
  }
}

/** The refusal that a limit leads to. */
export const limited = (retryAfterMs: number): Refusal =>
  refuse('rateLimited', 'Too many requests. Wait for retryAfterMs milliseconds and try again.', retryAfterMs);
