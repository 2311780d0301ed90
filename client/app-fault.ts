import { CairnError } from '../protocol/errors.ts';

/**
 * Calls a part of an app. Apps are others' code, and what they throw is no fault of this program.
 * @throws CairnError `app-failed` naming the part; an app's own CairnError, or the reason of an aborted `signal`, as it is
 */
export async function ofApp<Result>(
  part: 'data' | 'train' | 'evaluate',
  call: () => Result | Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof CairnError || signal?.aborted === true) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new CairnError('app-failed', `the app’s ${part}() failed: ${message}`, { cause });
  }
}
