/** How far a run is. */
export interface Progress {
  /** Units done and planned, the experiment's own. */
  readonly done: number;
  readonly planned: number;
  /** What is being done, in a few words; empty where nothing was said. */
  readonly doing: string;
  /** Seconds since the run began. */
  readonly seconds: number;
  /** Seconds that are left at the pace so far; undefined before anything is done. */
  readonly left: number | undefined;
}

/** Counts units of work and estimates the time that is left. */
export class ProgressMeter {
  readonly #started = performance.now();
  readonly #tell: (progress: Progress) => void;
  #done = 0;
  #planned = 0;
  #doing = '';

  constructor(tell: (progress: Progress) => void) {
    this.#tell = tell;
  }

  /** @param units all that is to be done, with what is done already */
  plan(units: number): void {
    this.#planned = units;
    this.#tell(this.now());
  }

  advance(units: number, doing?: string): void {
    this.#done += units;
    if (doing !== undefined) this.#doing = doing;
    this.#tell(this.now());
  }

  now(): Progress {
    const seconds = (performance.now() - this.#started) / 1000;
    const done = Math.min(this.#done, this.#planned);
    const left = done > 0 ? (seconds / done) * (this.#planned - done) : undefined;
    return { done, planned: this.#planned, doing: this.#doing, seconds, left };
  }
}
