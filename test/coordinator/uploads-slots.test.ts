import { describe, expect, it } from 'vitest';
import { type Claimant, Slots } from '../../coordinator/gateway/slots.ts';

/** A claimant that notes when it is granted, and may act then. */
function claimant(name: string, told: string[], act: (self: Claimant) => void = () => undefined): Claimant {
  const self = {
    granted: (): void => {
      told.push(name);
      act(self);
    },
    yields: 0,
    turnLeft: 1000,
    pace: 1,
    makeRoom: (): void => void told.push(`${name} makes room`),
  };
  return self;
}

describe('Slots', () => {
  it('are granted at once while any are free, and then in order', () => {
    const told: string[] = [];
    const slots = new Slots(2);
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => claimant(name, told));
    for (const one of [a, b, c, d]) slots.request(one!);
    expect(told).toEqual(['a', 'b']);
    expect([slots.held, slots.queued]).toEqual([2, 2]);
    slots.giveBack(b!);
    expect(told).toEqual(['a', 'b', 'c']);
    slots.giveBack(a!);
    slots.giveBack(c!);
    expect(told).toEqual(['a', 'b', 'c', 'd']);
    slots.giveBack(d!);
    expect([slots.held, slots.queued]).toEqual([0, 0]);
  });

  it('skip claimants that have left the queue', () => {
    const told: string[] = [];
    const slots = new Slots(1);
    const [a, b, c] = ['a', 'b', 'c'].map((name) => claimant(name, told));
    for (const one of [a, b, c]) slots.request(one!);
    slots.giveBack(b!);
    expect(told).toEqual(['a']);
    slots.giveBack(a!);
    expect(told).toEqual(['a', 'c']);
  });

  it('are returned once, even if a claimant returns one twice', () => {
    const told: string[] = [];
    const slots = new Slots(1);
    const [a, b, c] = ['a', 'b', 'c'].map((name) => claimant(name, told));
    for (const one of [a, b, c]) slots.request(one!);
    slots.giveBack(a!);
    slots.giveBack(a!);
    expect(told).toEqual(['a', 'b']);
    expect(slots.held).toBe(1);
  });

  it('pass through a long queue of claimants that return them at once', () => {
    const told: string[] = [];
    const slots = new Slots(1);
    const first = claimant('first', told);
    slots.request(first);
    for (let i = 0; i < 100_000; i++) slots.request(claimant('next', told, (self) => slots.giveBack(self)));
    slots.giveBack(first);
    expect(told).toHaveLength(100_001);
    expect([slots.held, slots.queued]).toEqual([0, 0]);
  });

  it('continue after a claimant that throws', () => {
    const told: string[] = [];
    const slots = new Slots(1);
    const faulty = claimant('faulty', told, () => {
      throw new Error('a fault');
    });
    expect(() => slots.request(faulty)).toThrow('a fault');
    slots.giveBack(faulty);
    slots.request(claimant('next', told));
    expect(told).toEqual(['faulty', 'next']);
  });
});
