import { asCairnError, CairnError, ERROR_CODES } from './errors.ts';

/** Maximum number of mistakes that one error names: a file that is wrong throughout is not reported to its end. */
const MAX_NAMED = 8;

/**
 * Collects mistakes, so that a user who made two sees both in one run. Put checks that build on each other into one
 * call: once one fails, the later ones are skipped.
 */
export class Faults {
  readonly #errors: CairnError[] = [];

  /** Runs a check. @returns its result; undefined if it threw; the error is kept */
  check<Result>(work: () => Result): Result | undefined {
    try {
      return work();
    } catch (thrown) {
      this.#errors.push(asCairnError(thrown));
      return undefined;
    }
  }

  add(...errors: readonly CairnError[]): void {
    this.#errors.push(...errors);
  }

  /** @throws CairnError the {@link error}, if there is one */
  throwAny(): void {
    const { error } = this;
    if (error !== undefined) throw error;
  }

  /** The one that was kept, or one that names several and has the code of the first. */
  get error(): CairnError | undefined {
    const first = this.#errors.at(0);
    if (first === undefined || this.#errors.length === 1) return first;
    const named = this.#errors.slice(0, MAX_NAMED).map((error, i) => `(${i + 1}) ${error.message}${ownHint(error)}`);
    const more = this.#errors.length > MAX_NAMED ? `; and ${this.#errors.length - MAX_NAMED} more` : '';
    return new CairnError(first.code, `${this.#errors.length} mistakes: ${named.join('; ')}${more}`, {
      hint: 'correct each of them',
      cause: first,
    });
  }
}

/** A hint other than the code's general one. */
const ownHint = ({ code, hint }: CairnError): string => (hint === ERROR_CODES[code].hint ? '' : ` — ${hint}`);
