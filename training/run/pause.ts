// How long a thread is held at a stretch, in milliseconds. Well below what a socket's heartbeat or a frame on the
// screen could notice, well above what a pause costs.
const SLICE = 12;

type Immediate = (callback: () => void) => unknown;

/** Lets timers, sockets and input have their turn between slices of work on one thread. Clocks never touch results. */
export interface Pacer {
  /** Resolves at once, or after a turn of the event loop where the slice is used up. */
  breathe(): Promise<void> | undefined;
  /** Gives back what the pacer holds. */
  close(): void;
}

/** A pacer whose first slice begins now. */
export function createPacer(): Pacer {
  // In Node, a message port may be drained a thousand messages at a time without looking at sockets; setImmediate looks.
  const { setImmediate: immediate } = globalThis as { setImmediate?: Immediate };
  // In browsers nested timeouts are held back by 4 ms; messages are not.
  const channel = immediate === undefined && typeof MessageChannel === 'function' ? new MessageChannel() : undefined;
  const turn = (resume: () => void): void => {
    if (immediate !== undefined) immediate(resume);
    else if (channel !== undefined) {
      channel.port1.onmessage = resume;
      channel.port2.postMessage(null);
    } else setTimeout(resume, 0);
  };
  let end = performance.now() + SLICE;
  return {
    breathe() {
      if (performance.now() < end) return undefined;
      return new Promise<void>((resolve) => {
        turn(() => {
          end = performance.now() + SLICE;
          resolve();
        });
      });
    },
    close() {
      channel?.port1.close();
    },
  };
}
