/** Maximum pause between two tries, in milliseconds. */
const MAX_PAUSE_MS = 15_000;

/**
 * Milliseconds to wait before the next try: doubles with each consecutive fruitless try, up to 15 seconds, and varies
 * by half either way, so that clients that were cut off together do not come back together.
 * @param base milliseconds before the first try
 * @param barren consecutive fruitless tries, from 0
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
