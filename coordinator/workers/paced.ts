import type { OnProgress } from './unmask.ts';

/** Milliseconds between two reports: four a second are as many as anybody looks at. */
const PACE_MS = 250;

/**
 * Passes reports on at a pace, and none any more once the signal is aborted: the computation goes on for a mask or two
 * by then, but nobody asks for it.
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
