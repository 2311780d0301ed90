import { CairnError, type ErrorCode } from '../../protocol/errors.ts';

/** The error that something throws. */
export function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('nothing was thrown');
}

/** The code of the CairnError that something throws. */
export function codeOf(run: () => unknown): ErrorCode {
  const thrown = thrownBy(run);
  if (thrown instanceof CairnError) return thrown.code;
  throw thrown;
}
