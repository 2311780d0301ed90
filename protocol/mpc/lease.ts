import { type Arena, leaseArena, returnArena } from './kernels/arena.ts';
import type { Party } from './turn.ts';

/**
 * Runs a party with an arena of its own, which it keeps while it waits for messages. The arena is zeroed and given back
 * when the party ends, throws, or is ended from outside by the generator's `return`: whoever runs a party and gives up
 * on it has to call that.
 */
export function* withLease<T>(party: (memory: Arena) => Party<T>): Party<T> {
  const memory = leaseArena();
  try {
    return yield* party(memory);
  } finally {
    returnArena(memory);
  }
}
