/** How long private inference waits, in milliseconds. */
export const TIMES = {
  /** For a connection. */
  connectMs: 15_000,
  /** For the next message of a computation: the other side may have a large network to prepare. */
  messageMs: 60_000,
  /** For the next question of a connection. */
  idleMs: 60_000,
} as const;

/** Sessions of a server at a time. */
export const SESSIONS = 64;
