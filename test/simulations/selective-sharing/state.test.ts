import { describe, expect, it } from 'vitest';
import { CairnError } from '../../../protocol/errors.ts';
import { decodeState, encodeState } from '../../../simulations/experiments/selective-sharing/trainings.ts';

const state = {
  epoch: 3,
  parameters: Float32Array.of(1, -0, 3.25),
  updates: Float32Array.of(0, 7, 1),
  locals: [Float32Array.of(4, 5, 6), Float32Array.of(7, 8, 9)],
  scores: [{ epoch: 3, accuracy: 0.5, loss: null, uploaded: 2, diverged: 1 }],
};

describe('a checkpoint', () => {
  it('gives back the state, with each participant’s parameters or none', () => {
    expect(decodeState(encodeState(state))).toEqual(state);
    expect(decodeState(encodeState({ ...state, locals: [] }))).toEqual({ ...state, locals: [] });
  });

  it('can be read where it lies within other bytes', () => {
    const bytes = encodeState(state);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(decodeState(shifted.subarray(1))).toEqual(state);
    expect(decodeState(Buffer.from(bytes))).toEqual(state);
  });

  it('is refused where it was cut off', () => {
    const bytes = encodeState(state);
    expect(() => decodeState(bytes.subarray(0, bytes.length - 4))).toThrow(CairnError);
  });
});
