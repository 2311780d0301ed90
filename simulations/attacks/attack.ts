/** How an attack is run. */
export interface AttackRun {
  /** Whether the protection is in its place. */
  readonly protected: boolean;
  /** Keys, data and nonces follow from it. */
  readonly seed: number;
  /** Aborted, it ends the run, which rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** What came of an attack. */
export interface AttackOutcome {
  readonly succeeded: boolean;
  /** What the attacker has now, in a sentence. */
  readonly learned: string;
  /** The same in numbers, by their names. */
  readonly figures: Readonly<Record<string, number>>;
  /** Error codes under which it was refused, or `masks` where what is left is noise; undefined if nothing stopped it. */
  readonly stoppedBy: string | undefined;
}

/** One way of attacking a round, and what stops it. */
export interface Attack {
  /** Kebab-case, as on the command line. */
  readonly name: string;
  /** What the attacker does, in one line. */
  readonly title: string;
  /** What the attack assumes of the attacker. */
  readonly attacker: string;
  /** The paper, or the section of docs/protocol.md, that it is from. */
  readonly source: string;
  /** What stops it. */
  readonly protection: string;
  /** How a run without the protection has it taken out. */
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
