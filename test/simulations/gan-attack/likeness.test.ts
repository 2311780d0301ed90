import { describe, expect, it } from 'vitest';
import { compare, nearest } from '../../../simulations/experiments/gan-attack/likeness.ts';

const SIZE = 32 * 32;

describe('the nearest image', () => {
  it('is the one at the least Euclidean distance', () => {
    const images = Float32Array.of(0, 0, 3, 4, 6, 8);
    expect(nearest(Float32Array.of(3, 4), images)).toEqual({ index: 1, distance: 0 });
    expect(nearest(Float32Array.of(0, 1), images)).toEqual({ index: 0, distance: 1 });
    expect(nearest(Float32Array.of(9, 12), images)).toEqual({ index: 2, distance: 5 });
  });

  it('is the first of equally near ones', () => {
    expect(nearest(Float32Array.of(0, 0), Float32Array.of(5, 0, 0, 5, 3, 4)).index).toBe(0);
  });
});

describe('the comparison of samples with two sets of images', () => {
  const even = (value: number): number[] => new Array<number>(SIZE).fill(value);

  it('finds a copied record: distance 0, similarity 1, nearer to the victim always', () => {
    const victim = Float32Array.from({ length: 2 * SIZE }, (_, i) => Math.sin(i / 7));
    const heldOut = Float32Array.from({ length: 2 * SIZE }, (_, i) => Math.cos(i / 5));
    const found = compare(victim, victim, heldOut);
    expect(found.victim.distance).toBe(0);
    expect(found.victim.ssim).toBeCloseTo(1, 12);
    expect(found.heldOut.distance).toBeGreaterThan(1);
    expect(found.nearerToVictim).toBe(1);
  });

  it('measures distances between images whose white is 1 and black is 0', () => {
    // From −1 to 0 is half the range: each pixel is 0.5 away, and there are 32² of them.
    const found = compare(Float32Array.from(even(-1)), Float32Array.from(even(0)), Float32Array.from(even(1)));
    expect(found.victim.distance).toBeCloseTo(16, 5);
    expect(found.heldOut.distance).toBeCloseTo(32, 5);
  });

  it('takes means over the samples, and counts those that are nearer to the victim', () => {
    const samples = Float32Array.from([...even(-1), ...even(1)]);
    const found = compare(samples, Float32Array.from(even(-1)), Float32Array.from(even(1)));
    expect(found.victim.distance).toBeCloseTo(16, 5);
    expect(found.heldOut.distance).toBeCloseTo(16, 5);
    expect(found.nearerToVictim).toBe(0.5);
  });
});
