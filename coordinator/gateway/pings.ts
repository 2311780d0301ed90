import type { EventEmitter } from 'node:events';
import { Bucket } from '../limits/bucket.ts';

/** Some websocket libraries send heartbeats by themselves: one every 20 seconds, or every second. */
const RATE = { capacity: 30, perSecond: 1 };

/** A websocket below socket.io. */
export type RawSocket = Pick<EventEmitter, 'on'> & { terminate(): void };

/**
 * Ends a websocket over which pings or pongs come faster than any client needs. They are answered below the layers that
 * count packets, and answers to a peer that does not read them would fill the memory.
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
