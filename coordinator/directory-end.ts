/**
 * Seconds before a directory expires at which warnings begin: renewing it takes the authority's key, and so a person.
 */
const SOON = 7 * 24 * 3600;

/** Milliseconds between two checks of the clock. */
const INTERVAL = 6 * 3600 * 1000;

/** What is watched, and what is called. */
export interface DirectoryEndOptions {
  /** The last second in which the directory is valid, since 1970 (UTC); undefined without a directory. */
  readonly notAfter: () => number | undefined;
  /** Seconds since 1970 (UTC). */
  readonly clock: () => number;
  /** The directory expires within that many hours; 0 when it has expired. */
  readonly onSoon: (hours: number) => void;
}

/** Warns repeatedly while the member directory is about to expire: after that no round is run. */
export class DirectoryEnd {
  readonly #options: DirectoryEndOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DirectoryEndOptions) {
    this.#options = options;
  }

  /** Checks now, and several times a day. It keeps no process alive. */
  watch(): void {
    this.look();
    this.#timer = setInterval(() => this.look(), INTERVAL).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  look(): void {
    const { notAfter, clock, onSoon } = this.#options;
    const end = notAfter();
    if (end === undefined) return;
    const left = end - clock();
    if (left < SOON) onSoon(Math.max(0, Math.floor(left / 3600)));
  }
}
