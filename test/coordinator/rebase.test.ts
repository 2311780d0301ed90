import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rebased } from '../../learning/rebase.ts';
import { toHex } from '../../protocol/crypto/bytes.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { portablePrimitives } from '../../protocol/crypto/portable.ts';

const HASH = new Uint8Array(32).fill(7);

const rms = (values: Float32Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

const move = (flat: Float32Array, hash = HASH, rebases = 1) => rebased(nodePrimitives, flat, hash, rebases);

describe('a model that is moved', () => {
  it('differs in every value by 2⁻¹⁰ of the root mean square, about half of them up', () => {
    const flat = Float32Array.from({ length: 10_000 }, (_, j) => Math.sin(j));
    const step = rms(flat) / 1024;
    const moved = move(flat);
    const steps = [...moved].map((value, j) => (value - flat[j]!) / step);
    for (const each of steps) expect(Math.abs(each)).toBeCloseTo(1, 3);
    const up = steps.filter((each) => each > 0).length;
    expect(up).toBeGreaterThan(4800);
    expect(up).toBeLessThan(5200);
  });

  it('is moved even if all of it is zero', () => {
    expect([...move(new Float32Array(50))].map(Math.abs)).toEqual(Array(50).fill(Math.fround(1e-2 / 1024)));
  });

  it('differs for all values that float32 can represent', () => {
    const value = fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e30), max: Math.fround(1e30) });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 40 }), (values) => {
        const flat = Float32Array.from(values);
        expect([...move(flat)]).not.toEqual([...flat]);
      }),
    );
  });

  it('moves in the direction given by the model and the step’s number, each time the same', () => {
    const flat = Float32Array.from({ length: 64 }, (_, j) => j - 30);
    expect(move(flat)).toEqual(move(flat));
    expect(rebased(portablePrimitives, flat, HASH, 1)).toEqual(move(flat));
    expect(move(flat, HASH, 2)).not.toEqual(move(flat));
    expect(move(flat, new Uint8Array(32))).not.toEqual(move(flat));
  });

  it('moves as in the first release', () => {
    const signs = [...move(new Float32Array(64))].map((value) => (value > 0 ? 1 : 0));
    const bytes = Uint8Array.from({ length: 8 }, (_, i) => parseInt(signs.slice(8 * i, 8 * i + 8).join(''), 2));
    expect(toHex(bytes)).toBe('829b6632370e83d5');
  });
});
