/**
 * Lines about things that change often: each is printed at once if the last one is long enough ago, and the latest one
 * always.
 */
export class PacedLines {
  readonly #print: (line: string) => void;
  readonly #intervalMs: number;
  readonly #last = new Map<string, string>();
  readonly #waiting = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;

  /** @param intervalMs minimum time between two prints */
  constructor(print: (line: string) => void, intervalMs = 1000) {
    this.#print = print;
    this.#intervalMs = intervalMs;
  }

  /** Sets the current line about something. Intermediate ones are skipped. */
  tell(about: string, line: string): void {
    this.#waiting.set(about, line);
    if (this.#timer === undefined) this.#flush();
  }

  /** Drops a pending line. */
  drop(about: string): void {
    this.#waiting.delete(about);
    this.#last.delete(about);
  }

  /** Prints what is pending. */
  end(): void {
    this.#flush();
    clearTimeout(this.#timer);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    let told = false;
    for (const [about, line] of this.#waiting) {
      if (this.#last.get(about) === line) continue;
      this.#last.set(about, line);
      this.#print(line);
      told = true;
    }
    this.#waiting.clear();
    // Without a pending line, the timer must not keep the process alive.
    if (told) this.#timer = setTimeout(() => this.#flush(), this.#intervalMs).unref();
  }
}
