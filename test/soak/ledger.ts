import { contributionOf, SIZE } from './contribution.ts';

/** What a client says through the side channel of the test: that it sent an input, or was told that it is in a sum. */
export interface Said {
  readonly kind: 'sent' | 'included';
  readonly task: string;
  readonly round: number;
  readonly member: number;
  /** What it put in, if that is not its usual contribution. */
  readonly vector?: readonly number[];
}

/** One committed round, as the coordinator shows it. */
export interface Committed {
  readonly task: string;
  readonly round: number;
  /** Number of inputs in the sum. */
  readonly included: number;
  /** The model before and after. */
  readonly before: Float32Array;
  readonly after: Float32Array;
}

/** What became of a sum that was looked at. */
export type Verdict = 'exact' | 'wrong' | 'undecided';

/** Subsets that are tried before a sum counts as undecided. */
const MAX_TRIES = 2_000_000;

/** What clients put into rounds, held against the models that came out. */
export class Ledger {
  readonly #sent = new Map<string, Map<number, readonly number[]>>();
  readonly #included = new Map<string, Set<number>>();

  /** Takes down what a client says. */
  note({ kind, task, round, member, vector }: Said): void {
    const key = `${task} ${round}`;
    if (kind === 'included') {
      const members = this.#included.get(key) ?? new Set();
      this.#included.set(key, members.add(member));
      return;
    }
    const members = this.#sent.get(key) ?? new Map<number, readonly number[]>();
    this.#sent.set(key, members.set(member, vector ?? contributionOf(member)));
  }

  /**
   * Whether a model is the one before with the mean of the inputs of `included` members: all those that were told to be
   * in, and of those that sent something and heard no more just so many as are missing. What they put in tells them
   * apart, so no two choices give one sum but by a chance of 10^−15.
   * @param unheard members that may have sent something without a word of it, such as those of a process that was killed
   */
  judge({ task, round, included, before, after }: Committed, unheard: readonly number[] = []): Verdict {
    const key = `${task} ${round}`;
    const sent = this.#sent.get(key) ?? new Map<number, readonly number[]>();
    const told = this.#included.get(key) ?? new Set<number>();
    const left = Array.from({ length: SIZE }, (_, j) => (after[j]! - before[j]!) * included);
    for (const member of told) subtract(left, sent.get(member) ?? contributionOf(member), 1);
    const candidates = [...new Set([...sent.keys(), ...unheard])]
      .filter((member) => !told.has(member))
      .map((member) => sent.get(member) ?? contributionOf(member));
    // Models are 32-bit floats: their rounding grows with them, and with the number by which it is multiplied.
    const coarse = after.reduce((most, value) => Math.max(most, Math.abs(value)), 1) * 2 ** -22 * included;
    if (coarse > 0.4) return 'undecided';
    return search(left, candidates, included - told.size, coarse + 0.05);
  }

  /** Forgets a round that was judged. */
  forget({ task, round }: Pick<Committed, 'task' | 'round'>): void {
    this.#sent.delete(`${task} ${round}`);
    this.#included.delete(`${task} ${round}`);
  }
}

function subtract(left: number[], vector: readonly number[], times: 1 | -1): void {
  for (let j = 0; j < SIZE; j++) left[j]! -= times * vector[j]!;
}

/** Looks for `missing` of the candidates that add up to what is left. */
function search(
  left: number[],
  candidates: readonly (readonly number[])[],
  missing: number,
  tolerance: number,
): Verdict {
  if (missing < 0 || missing > candidates.length) return 'wrong';
  let tries = 0;
  const found = (from: number, more: number): boolean => {
    if (++tries > MAX_TRIES) return false;
    if (more === 0) return left.every((value) => Math.abs(value) <= tolerance);
    for (let i = from; i <= candidates.length - more; i++) {
      subtract(left, candidates[i]!, 1);
      const fits = found(i + 1, more - 1);
      subtract(left, candidates[i]!, -1);
      if (fits) return true;
    }
    return false;
  };
  if (found(0, missing)) return 'exact';
  return tries > MAX_TRIES ? 'undecided' : 'wrong';
}
