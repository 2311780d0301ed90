import { describe, expect, it } from 'vitest';
import { buildNetwork } from '../../../simulations/models/networks.ts';

describe('the networks of the paper', () => {
  it.each([
    ['mnist', 'mlp', 140_106],
    ['mnist', 'cnn', 105_506],
    ['svhn', 'mlp', 402_250],
    ['svhn', 'cnn', 313_546],
  ] as const)('%s %s has the paper’s number of parameters', (data, kind, parameters) => {
    const model = buildNetwork(data, kind);
    expect(model.layout.size).toBe(parameters);
    expect(model.outputShape).toEqual([10]);
  });

  it('has shapes that follow from windows without a margin and pools that round down', () => {
    const { shapes } = buildNetwork('mnist', 'cnn').layout;
    expect(shapes['conv1.weight']).toEqual([32, 1, 5, 5]);
    expect(shapes['conv2.weight']).toEqual([64, 32, 5, 5]);
    expect(shapes['dense1.weight']).toEqual([64 * 2 * 2, 200]);
    expect(buildNetwork('svhn', 'cnn').layout.shapes['dense1.weight']).toEqual([64 * 5 * 5, 128]);
  });

  it('takes another number of classes', () => {
    expect(buildNetwork('mnist', 'cnn', 11).layout.size).toBe(105_506 + 201);
  });
});
