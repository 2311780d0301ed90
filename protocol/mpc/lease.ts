import { type Arena, leaseArena, returnArena } from './kernels/arena.ts';
import type { Party } from './turn.ts';

/**
 * Runs a party with its own arena, which it keeps while it waits for messages. The arena is zeroed and given back when
 * the party ends, throws, or is ended from outside by the generator's `return`. A driver that gives up on a party has to
 * call that: otherwise shares stay in memory until the arena is collected as garbage.
 */
export function* withLease<T>(party: (memory: Arena) => Party<T>): Party<T> {
  const memory = leaseArena();
  try {
    return yield* party(memory);
  } finally {
    returnArena(memory);
  }
}
