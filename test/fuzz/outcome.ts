import { CairnError, type ErrorCode, isErrorCode } from '../../protocol/errors.ts';

/** Something does not hold. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** @throws Violation unless `holds` */
export function must(holds: boolean, what: string | (() => string)): asserts holds {
  if (!holds) throw new Violation(typeof what === 'string' ? what : what());
}

/**
 * The code of what was thrown. `internal` is what foreign errors become, so it is as bad as a TypeError.
 * @throws Violation for anything but a CairnError of a known code
 */
export function refusalCode(thrown: unknown): ErrorCode {
  if (thrown instanceof CairnError && isErrorCode(thrown.code) && thrown.code !== 'internal') return thrown.code;
  throw new Violation(`${String(thrown)} was thrown, which is no refusal`, { cause: thrown });
}
