import { createHmac, randomBytes } from 'node:crypto';
import type { LoopbackTokenKind } from '@sotto/client/bridge';

const TOKEN_BYTES = 32;
/** A printed address that nobody has opened by then is worth nothing any more. */
const ONCE_LIFETIME_MS = 60 * 60_000;
/** A window that has been away for so long has been closed. */
const SESSION_IDLE_MS = 24 * 60 * 60_000;
const ONCE_MOST = 16;
const SESSIONS_MOST = 64;

/** A window that proved itself. */
export interface Attachment {
  /** What proves it next time. */
  readonly session: string;
  /** Called when its socket is gone. */
  readonly release: () => void;
}

interface Session {
  attached: number;
  idleSince: number;
}

/**
 * The tokens that open the bridge: one-time ones for addresses, and one for each window that used such an address.
 *
 * Tokens are 256 random bits. Only their HMACs under a key of this process are kept and looked up, so the time that a lookup
 * takes says nothing of how near a guess came, and a dump of the memory's tables opens nothing.
 */
export class TokenBook {
  readonly #key = randomBytes(TOKEN_BYTES);
  readonly #now: () => number;
  /** By HMAC: when it ends. Oldest first. */
  readonly #once = new Map<string, number>();
  /** By HMAC; oldest first. */
  readonly #sessions = new Map<string, Session>();

  constructor(now: () => number) {
    this.#now = now;
  }

  issueOnce(): string {
    const token = newToken();
    this.#once.set(this.#digest(token), this.#now() + ONCE_LIFETIME_MS);
    dropOldest(this.#once, ONCE_MOST);
    return token;
  }

  /** `undefined` where the token is unknown, used or too old. A one-time token is used up by this very call. */
  redeem(kind: LoopbackTokenKind, token: string): Attachment | undefined {
    switch (kind) {
      case 'once':
        return this.#redeemOnce(this.#digest(token));
      case 'session': {
        const session = this.#liveSession(this.#digest(token));
        return session && this.#attach(session, token);
      }
    }
  }

  #redeemOnce(digest: string): Attachment | undefined {
    const endsAt = this.#once.get(digest);
    this.#once.delete(digest);
    if (endsAt === undefined || endsAt < this.#now()) return undefined;
    const token = newToken();
    const session = { attached: 0, idleSince: this.#now() };
    this.#forgetIdle();
    this.#sessions.set(this.#digest(token), session);
    return this.#attach(session, token);
  }

  #attach(session: Session, token: string): Attachment {
    session.attached += 1;
    let released = false;
    return {
      session: token,
      release: () => {
        if (released) return;
        released = true;
        session.attached -= 1;
        session.idleSince = this.#now();
      },
    };
  }

  #liveSession(digest: string): Session | undefined {
    const session = this.#sessions.get(digest);
    if (session === undefined || !this.#isIdle(session)) return session;
    this.#sessions.delete(digest);
    return undefined;
  }

  #isIdle(session: Session): boolean {
    return session.attached === 0 && session.idleSince + SESSION_IDLE_MS < this.#now();
  }

  #forgetIdle(): void {
    for (const [digest, session] of this.#sessions) {
      const crowded = this.#sessions.size >= SESSIONS_MOST && session.attached === 0;
      if (crowded || this.#isIdle(session)) this.#sessions.delete(digest);
    }
  }

  #digest(token: string): string {
    return createHmac('sha256', this.#key).update(token).digest('base64url');
  }
}

const newToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url');

const dropOldest = (map: Map<string, unknown>, most: number): void => {
  for (const digest of map.keys()) {
    if (map.size <= most) return;
    map.delete(digest);
  }
};
