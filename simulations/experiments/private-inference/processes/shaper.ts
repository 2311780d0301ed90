import { connect, createServer, type Socket } from 'node:net';

/** How a line treats what passes. */
export interface Shape {
  readonly roundTripMs: number;
  readonly megabytesPerSecond: number;
}

/** A line that is open. */
export interface Line {
  /** The port that it listens at. */
  readonly port: number;
  /** Takes no further connections. */
  close(): void;
}

/** Bytes that may be under way in one direction before its sender has to wait. */
const MAX_HELD = 8 << 20;

/**
 * Relays TCP connections to a port of this machine through a line of its own for each: every byte arrives half a
 * round-trip time after it was sent, and no more per second than the bandwidth, in each direction alone.
 */
export async function shapeLine(target: number, shape: Shape): Promise<Line> {
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: target, host: '127.0.0.1', noDelay: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      new Direction(from, to, shape);
      from.on('error', () => undefined);
      from.on('close', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as { readonly port: number }).port, close: () => void server.close() };
}

interface Held {
  readonly bytes: Buffer;
  readonly due: number;
}

/** One direction of a line. */
class Direction {
  readonly #to: Socket;
  readonly #queue: Held[] = [];
  /** Milliseconds at which the line is free again. */
  #free = 0;
  #held = 0;
  #ended = false;
  #waiting = false;

  constructor(from: Socket, to: Socket, { roundTripMs, megabytesPerSecond }: Shape) {
    this.#to = to;
    from.on('data', (bytes: Buffer) => {
      this.#free = Math.max(performance.now(), this.#free) + bytes.length / (1000 * megabytesPerSecond);
      this.#queue.push({ bytes, due: this.#free + roundTripMs / 2 });
      this.#held += bytes.length;
      if (this.#held > MAX_HELD) from.pause();
      this.#wait();
    });
    from.on('end', () => {
      this.#ended = true;
      this.#wait();
    });
    this.#onDelivered = () => {
      if (this.#held <= MAX_HELD && from.isPaused()) from.resume();
    };
  }

  readonly #onDelivered: () => void;

  /** Delivers what is due, and comes back for the rest. */
  #wait(): void {
    if (this.#waiting) return;
    const next = this.#queue[0];
    if (next === undefined) {
      if (this.#ended) this.#to.end();
      return;
    }
    this.#waiting = true;
    const left = next.due - performance.now();
    const go = (): void => {
      this.#waiting = false;
      this.#deliver();
      this.#wait();
    };
    // Timers are late by up to a millisecond: the last one is waited for in turns of the event loop.
    if (left > 2) setTimeout(go, left - 1);
    else setImmediate(go);
  }

  #deliver(): void {
    const now = performance.now();
    while (this.#queue.length > 0 && this.#queue[0]!.due <= now) {
      const { bytes } = this.#queue.shift()!;
      this.#held -= bytes.length;
      this.#to.write(bytes);
    }
    this.#onDelivered();
  }
}
