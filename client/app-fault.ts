import { CairnError, type ErrorCode } from '../protocol/errors.ts';
import { ownLine } from '../protocol/own-line.ts';

/**
 * The error codes that an app may use about its training. Any other code would concern the round, this client's policy
 * or its memory, and an app must not trigger what follows from those.
 */
const OF_TRAINING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'app-failed',
  'data-empty',
  'data-missing',
  'data-malformed',
  'settings-invalid',
  'tensor-shape',
  'update-not-finite',
  'update-shape',
]);

/** From a training, these can only concern its options, which are the coordinator's. */
const OF_OPTIONS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['config-invalid', 'config-unknown-key']);

/**
 * Calls a part of an app. Apps are third-party code, and what they throw is not a fault of this program.
 * @throws CairnError `app-failed` naming the part, and the app's own line if the stack shows it; an app's own
 * CairnError (from train() only one about training: `config-…` becomes `settings-invalid`), or the reason of an aborted
 * `signal`, unchanged
 */
export async function ofApp<Result>(
  part: 'data' | 'train' | 'evaluate',
  call: () => Result | Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  try {
    return await call();
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    if (cause instanceof CairnError) {
      if (part === 'data' || OF_TRAINING.has(cause.code)) throw cause;
      if (OF_OPTIONS.has(cause.code)) {
        throw new CairnError('settings-invalid', cause.message, { cause, hint: cause.hint });
      }
    }
    const message = cause instanceof Error ? cause.message : String(cause);
    const line = ownLine(cause);
    const at = line === undefined ? '' : ` (${line})`;
    throw new CairnError('app-failed', `the app’s ${part}() failed: ${message}${at}`, { cause });
  }
}
