/** How an attack is run. */
export interface AttackRun {
  /** Whether the protection is in place. */
  readonly protected: boolean;
  /** Keys, data and nonces are derived from it. */
  readonly seed: number;
  /** Aborting it ends the run, which rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** The outcome of an attack. */
export interface AttackOutcome {
  readonly succeeded: boolean;
  /** What the attacker has learned, in a sentence. */
  readonly learned: string;
  /** The same in numbers, by their names. */
  readonly figures: Readonly<Record<string, number>>;
  /** Error codes with which it was refused, or `masks` if only noise is left; undefined if nothing stopped it. */
  readonly stoppedBy: string | undefined;
}

/** One way of attacking a round, and what stops it. */
export interface Attack {
  /** Kebab-case, as on the command line. */
  readonly name: string;
  /** What the attacker does, in one line. */
  readonly title: string;
  /** What the attack assumes about the attacker. */
  readonly attacker: string;
  /** The paper, or the section of docs/protocol.md, that it comes from. */
  readonly source: string;
  /** What stops it. */
  readonly protection: string;
  /** How the protection is removed in a run without it. */
  readonly without: string;
  /**
   * Runs it against real sessions, with or without the protection.
   * @throws the signal's reason when aborted
   */
  run(options: AttackRun): Promise<AttackOutcome>;
}

/** Error codes as an outcome names them: each once, in alphabetical order; undefined if there are none. */
export function namedCodes(codes: Iterable<string>): string | undefined {
  const sorted = [...new Set(codes)].sort();
  return sorted.length === 0 ? undefined : sorted.join(', ');
}
