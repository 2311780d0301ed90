import { EXIT } from '../io.ts';
import { onInterrupt } from '../signals.ts';

/** Remembers what has to be ended with a service, in the reverse order. */
export type Defer = (end: () => unknown) => void;

/**
 * Starts a service and keeps it until it is interrupted.
 * @returns 130, as shells expect
 * @throws what `start` throws, once what was started has been ended
 */
export async function untilInterrupted(start: (defer: Defer) => Promise<void>): Promise<number> {
  let leave = (): void => undefined;
  const left = new Promise<void>((resolve) => (leave = resolve));
  const interrupted = onInterrupt(leave);
  const ends: (() => unknown)[] = [];
  try {
    await start((end) => ends.push(end));
    await left;
    return EXIT.interrupted;
  } finally {
    for (const end of ends.reverse()) await end();
    interrupted.stop();
  }
}
