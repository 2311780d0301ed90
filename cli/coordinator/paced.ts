/** Lines about things that change often: each is told at once where the last is long enough ago, and the last one always. */
export class PacedLines {
  readonly #print: (line: string) => void;
  readonly #intervalMs: number;
  readonly #last = new Map<string, string>();
  readonly #waiting = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;

  /** @param intervalMs between two prints, at least */
  constructor(print: (line: string) => void, intervalMs = 1000) {
    this.#print = print;
    this.#intervalMs = intervalMs;
  }

  /** How something is now. What it was in between is passed over. */
  tell(about: string, line: string): void {
    this.#waiting.set(about, line);
    if (this.#timer === undefined) this.#flush();
  }

  /** It is not worth a line any more. */
  drop(about: string): void {
    this.#waiting.delete(about);
    this.#last.delete(about);
  }

  /** Tells what is left. */
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
    // Without a line that is held back, the timer must not keep the process alive.
    if (told) this.#timer = setTimeout(() => this.#flush(), this.#intervalMs).unref();
  }
}
