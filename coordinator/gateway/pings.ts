import type { EventEmitter } from 'node:events';
import { Bucket } from '../limits/bucket.ts';

/** Signs of life that some websocket libraries send by themselves: one in twenty seconds, or in one. */
const RATE = { capacity: 30, perSecond: 1 };

/** A websocket below socket.io. */
export type RawSocket = Pick<EventEmitter, 'on'> & { terminate(): void };

/**
 * Ends a websocket over which pings or pongs come faster than anybody needs. They are answered below everything that counts
 * packets, and the answers to who does not read them would fill the memory.
 * @param now a clock in milliseconds
 */
export function limitPings(socket: RawSocket, now: () => number = () => performance.now()): void {
  const bucket = new Bucket(RATE, now);
  for (const name of ['ping', 'pong']) {
    socket.on(name, () => {
      if (!bucket.take()) socket.terminate();
    });
  }
}
