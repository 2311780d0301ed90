/** Milliseconds of the longest pause between two tries. */
const MAX_PAUSE_MS = 15_000;

/**
 * Milliseconds to wait before the next try: doubles with each try in a row that brought nothing, up to 15 seconds, and
 * varies by half either way, so that clients that were cut off together do not come back together.
 * @param base milliseconds before the first of them
 * @param barren tries in a row that brought nothing, from 0
 */
export function growingPause(base: number, barren: number): number {
  return Math.min(base * 2 ** Math.min(barren, 30), MAX_PAUSE_MS) * (0.5 + Math.random());
}

/** Waits. @throws the signal's reason when it is aborted */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', aborted);
      resolve();
    }, ms);
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', aborted, { once: true });
  });
}
