/*
 * Every test process loads this first (vitest.config.ts). A deadline of half a second in a test shall pass because
 * somebody was silent, and never because the machine was busy: on one that gave our processes a tenth of a core, honest
 * members missed deadlines, connections were given up, and tests failed that were right.
 *
 * So timers of a test process count its own time. Of each turn of the event loop, however long it took, no more than a
 * slice counts; whatever else was ready in that turn has run by then. On a machine at rest nothing changes.
 */

/** Milliseconds of one turn that count at most, and between two looks. */
const SLICE = 10;

const system = globalThis.setTimeout;

/** `setTimeout` as it was, but for the time it goes by. Its handles are Node's own, and do all that those do. */
function ownTimeout(callback: (...args: unknown[]) => void, ms = 1, ...args: unknown[]): NodeJS.Timeout {
  if (!(ms > SLICE) || ms > 2 ** 31 - 1) return system(callback, ms, ...args);
  let left = ms;
  let last = performance.now();
  const timer = system(() => {
    const now = performance.now();
    left -= Math.min(now - last, 2 * SLICE);
    last = now;
    if (left <= 0) callback(...args);
    else again();
  }, SLICE);
  const again = timer.refresh.bind(timer);
  timer.refresh = () => {
    left = ms;
    last = performance.now();
    return again();
  };
  return timer;
}

globalThis.setTimeout = Object.defineProperties(
  ownTimeout,
  Object.getOwnPropertyDescriptors(system),
) as typeof globalThis.setTimeout;
