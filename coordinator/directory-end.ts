/** Seconds before its end from which on a directory is spoken of: renewing it takes the authority's key, and so a person. */
const SOON = 7 * 24 * 3600;

/** Milliseconds between two looks at the clock. */
const INTERVAL = 6 * 3600 * 1000;

/** What is watched, and who is told. */
export interface DirectoryEndOptions {
  /** The last second in which the directory holds, since 1970 (UTC); undefined where there is none. */
  readonly notAfter: () => number | undefined;
  /** Seconds since 1970 (UTC). */
  readonly clock: () => number;
  /** The directory ends within so many hours; 0 when it has ended. */
  readonly onSoon: (hours: number) => void;
}

/** Speaks up, again and again, while the member directory is near its end: after it no round is run. */
export class DirectoryEnd {
  readonly #options: DirectoryEndOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DirectoryEndOptions) {
    this.#options = options;
  }

  /** Looks now, and several times a day. It keeps no process alive. */
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
