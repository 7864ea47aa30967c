import { createHash, randomBytes } from 'node:crypto';

/** Sessions at the same time; a new one takes the place of the one that was idle longest. */
const MAX_SESSIONS = 1_000;

/** A browser that nobody uses for so long has to be logged in again. */
export const SESSION_IDLE_S = 3_600;

const ID = /^[A-Za-z0-9_-]{43}$/;

interface Session {
  /** SHA-256 of the token that it was opened with: a token that is taken out of the settings ends its sessions. */
  readonly tokenSha256: string;
  readonly expiresAtMs: number;
  usedAtMs: number;
}

/**
 * Who is logged in with a browser, in memory only: a restart logs everybody out. A session's id is 256 random bits that only the browser
 * has; what is kept here is its hash.
 */
export class Sessions {
  readonly #byHash = new Map<string, Session>();
  readonly #now: () => number;

  /** @param now a clock in milliseconds that never goes back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param lifetimeS how long it lasts at most. @returns the session's id. */
  open(tokenSha256: string, lifetimeS: number): string {
    const now = this.#now();
    for (const [hash, session] of this.#byHash) if (isOver(session, now)) this.#byHash.delete(hash);
    if (this.#byHash.size >= MAX_SESSIONS) {
      const [longestIdle] = [...this.#byHash].sort(([, a], [, b]) => a.usedAtMs - b.usedAtMs);
      this.#byHash.delete(longestIdle![0]);
    }
    const id = randomBytes(32).toString('base64url');
    this.#byHash.set(hashOf(id), { tokenSha256, expiresAtMs: now + lifetimeS * 1_000, usedAtMs: now });
    return id;
  }

  /**
   * The hash of the token that a session was opened with; `undefined` where there is no such session any more.
   *
   * @param isUse whether somebody did something; looking whether they still may is none.
   */
  tokenOf(id: string | undefined, isUse: boolean): string | undefined {
    if (id === undefined || !ID.test(id)) return undefined;
    const hash = hashOf(id);
    const session = this.#byHash.get(hash);
    const now = this.#now();
    if (session === undefined) return undefined;
    if (isOver(session, now)) {
      this.#byHash.delete(hash);
      return undefined;
    }
    if (isUse) session.usedAtMs = now;
    return session.tokenSha256;
  }

  close(id: string | undefined): void {
    if (id !== undefined && ID.test(id)) this.#byHash.delete(hashOf(id));
  }
}

function isOver({ expiresAtMs, usedAtMs }: Session, nowMs: number): boolean {
  return nowMs >= expiresAtMs || nowMs >= usedAtMs + SESSION_IDLE_S * 1_000;
}

function hashOf(id: string): string {
  return createHash('sha256').update(id, 'utf8').digest('hex');
}
