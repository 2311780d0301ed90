import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutLargest } from '../../../simulations/experiments/selective-sharing/selection.ts';

describe('the cut between the greatest values and the others', () => {
  it('is where a sorted list has it, for any values and count', () => {
    const values = fc.array(
      fc.oneof(fc.float({ min: 0, noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0, 1, 2)),
      { minLength: 1, maxLength: 50 },
    );
    fc.assert(
      fc.property(values, fc.nat(), (list, draw) => {
        const given = Float32Array.from(list, Math.abs);
        const count = 1 + (draw % given.length);
        const sorted = [...given].sort((a, b) => b - a);
        const { least, above } = cutLargest(given, count);
        expect(least).toBe(sorted[count - 1]);
        expect(above).toBe(sorted.filter((value) => value > least).length);
      }),
    );
  });
});
