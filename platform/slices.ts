import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds of computing after which sockets and timers get a turn. */
const SLICE_MS = 10;

/** How a long computation shares its thread. */
export interface TurnOptions<Step> {
  /** Ends the computation when it is aborted. */
  readonly signal?: AbortSignal;
  /** Called before each pause. */
  readonly onPause?: (step: Step) => void;
  readonly sliceMs?: number;
}

/**
 * Runs a computation of small steps without blocking the event loop for longer than a slice and one step.
 * @throws what a step throws; the signal's reason once it is aborted. The computation is told to clean up then.
 */
export async function inTurns<Step>(steps: Iterable<Step>, options: TurnOptions<Step> = {}): Promise<void> {
  const { signal, onPause, sliceMs = SLICE_MS } = options;
  signal?.throwIfAborted();
  let turnEnds = performance.now() + sliceMs;
  for (const step of steps) {
    if (performance.now() < turnEnds) continue;
    onPause?.(step);
    await nextTurn();
    signal?.throwIfAborted();
    turnEnds = performance.now() + sliceMs;
  }
}
