import { describe, expect, it } from 'vitest';
import { type Arena, arena, leaseArena, returnArena } from '../../protocol/mpc/kernels/arena.ts';
import { withLease } from '../../protocol/mpc/lease.ts';
import { exchange, type Party } from '../../protocol/mpc/turn.ts';
import { thrownBy } from '../support/thrown.ts';

const isZero = (memory: Arena): boolean => memory.bytes(0, memory.size).every((byte) => byte === 0);

describe('leased arenas', () => {
  it('are different while they are leased, and none is the one that all share', () => {
    const leased = Array.from({ length: 6 }, leaseArena);
    const addresses = leased.map((memory, at) => memory.load(Uint8Array.of(at + 1)));
    expect(new Set([arena(), ...leased]).size).toBe(7);
    expect(leased.map((memory, at) => memory.bytes(addresses[at]!, 1)[0])).toEqual([1, 2, 3, 4, 5, 6]);
    leased.forEach(returnArena);
  });

  it('are zeroed when they are given back, and then leased again', () => {
    const memory = leaseArena();
    memory.load(new Uint8Array(100_000).fill(7));
    expect(isZero(memory)).toBe(false);
    returnArena(memory);
    expect(isZero(memory)).toBe(true);
    expect(leaseArena()).toBe(memory);
    returnArena(memory);
  });

  it('are not kept if they are large, since memory never shrinks', () => {
    const memory = leaseArena();
    memory.reserve(2 ** 26);
    returnArena(memory);
    const next = leaseArena();
    expect(next).not.toBe(memory);
    returnArena(next);
  });

  it('are given back if their party throws, and if it is given up on', () => {
    const seen: Arena[] = [];
    function* party(memory: Arena): Party<void> {
      seen.push(memory);
      memory.load(Uint8Array.of(1, 2, 3));
      yield* exchange(Uint8Array.of(1));
      throw new Error('no');
    }
    const first = withLease(party);
    first.next();
    expect(isZero(seen[0]!)).toBe(false);
    expect(thrownBy(() => first.next(Uint8Array.of(1)))).toEqual(new Error('no'));
    expect(isZero(seen[0]!)).toBe(true);
    const second = withLease(party);
    second.next();
    expect(seen[1]).toBe(seen[0]);
    second.return();
    expect(isZero(seen[0]!)).toBe(true);
  });
});
