import { CairnError } from '../protocol/errors.ts';

/** A strategy or group rule, as errors name it: `strategy "fedavg"`. */
export interface Named {
  readonly kind: 'strategy' | 'group rule';
  readonly name: string;
}

/** @returns a CairnError `learning-failed` that names the strategy or rule, and the part of it */
export function learningFailed({ kind, name }: Named, what: string, cause?: unknown): CairnError {
  return new CairnError('learning-failed', `${kind} "${name}": ${what}`, cause === undefined ? {} : { cause });
}

/**
 * Calls a part of a strategy or rule. They may be the operator's own, and what they throw is no fault of this program.
 * @throws CairnError `learning-failed` naming it and the part; a CairnError that it threw, as it is
 */
export function ofLearning<Result>(named: Named, part: string, call: () => Result): Result {
  try {
    return call();
  } catch (cause) {
    if (cause instanceof CairnError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw learningFailed(named, `${part} failed: ${message}`, cause);
  }
}

/** The fields of what a part returned. @throws CairnError `learning-failed` for what is no object */
export function fieldsOf(named: Named, part: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  throw learningFailed(
    named,
    `${part} returned ${value === null ? 'null' : typeof value}, where an object is expected`,
  );
}
