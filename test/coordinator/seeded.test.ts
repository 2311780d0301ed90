import { describe, expect, it } from 'vitest';
import { layers, sequential } from '../../client/index.ts';
import { seededTensors } from '../../coordinator/rounds/seeded.ts';

const ones = (size: number): Float32Array => new Float32Array(size).fill(1);

describe('initial values that a coordinator generates from shapes', () => {
  // From factors of zero a network with batch norm gave its bias for every input, in every round, and nobody was told.
  it('let a model with batch norm learn: its vectors are the engine’s initial ones', () => {
    const model = sequential([layers.dense(4), layers.batchNorm(), layers.relu(), layers.dense(2)], [3]);
    const { shapes } = model.layout;
    const own = model.layout.unflatten(model.initialise(1));
    const seeded = seededTensors(shapes, 1);
    const vectors = Object.keys(shapes).filter((name) => shapes[name]!.length === 1);
    expect(vectors).toHaveLength(6);
    for (const name of vectors) expect(seeded[name], name).toEqual(own[name]);
    expect(seeded['batchNorm1.weight']).toEqual(ones(4));
  });

  it.each(['bn.running_var', 'layer001.0.gamma', 'layer001.3.moving_variance', 'variance'])(
    'have %s at one',
    (name) => {
      expect(seededTensors({ [name]: [3] }, 1)[name]).toEqual(ones(3));
    },
  );

  it.each(['features.1.', ''])('have a vector %sweight at one beside a bias of its shape, and only there', (prefix) => {
    const [weight, bias] = [`${prefix}weight`, `${prefix}bias`];
    expect(seededTensors({ [weight]: [3], [bias]: [3] }, 1)).toEqual({
      [weight]: ones(3),
      [bias]: new Float32Array(3),
    });
    for (const shapes of [{ [weight]: [3] }, { [weight]: [3], [bias]: [1] }, { [weight]: [3], [bias]: [3, 1] }]) {
      expect(seededTensors(shapes, 1)[weight]).toEqual(new Float32Array(3));
    }
  });

  it('have matrices determined by the seed, whatever they are called', () => {
    const of = (seed: number): Float32Array => seededTensors({ variance: [4, 4] }, seed)['variance']!;
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
    expect(of(1)).not.toEqual(ones(16));
  });
});
