import type { OnProgress } from './unmask.ts';

/** Milliseconds between two reports: four a second are enough for any reader. */
const PACE_MS = 250;

/**
 * Passes reports on at a limited rate, and none once the signal is aborted: the computation continues for a mask or two
 * then, but its progress no longer matters.
 * @param now a clock in milliseconds
 */
export function paced(tell: OnProgress, signal: AbortSignal, now = (): number => performance.now()): OnProgress {
  let next = now() + PACE_MS;
  return (done, of) => {
    const at = now();
    if (at < next || signal.aborted) return;
    next = at + PACE_MS;
    tell(done, of);
  };
}
