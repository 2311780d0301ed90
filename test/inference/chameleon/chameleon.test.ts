import { describe, expect, it } from 'vitest';
import { evaluateFixed } from '../../../inference/plain/evaluate-fixed.ts';
import { compile } from '../../../inference/plan/compile.ts';
import { quantise } from '../../../inference/plan/quantise.ts';
import { toFixed, ringOf } from '../../../protocol/mpc/sharing/index.ts';
import { networkA, randomInputs, randomNetwork } from '../support/random-networks.ts';
import { runChameleon } from '../support/run-chameleon.ts';

const NETWORKS = {
  'A with ReLU': networkA('relu'),
  'A with squares': networkA('square'),
  'one layer': randomNetwork(2, [20], [{ kind: 'dense', units: 3 }]),
  'sigmoid and tanh': randomNetwork(
    6,
    [12],
    [
      { kind: 'dense', units: 9 },
      { kind: 'sigmoid' },
      { kind: 'dense', units: 7 },
      { kind: 'tanh' },
      { kind: 'dense', units: 5 },
    ],
  ),
  'convolutions and pools': randomNetwork(
    3,
    [2, 9, 8],
    [
      { kind: 'conv', filters: 3, size: 3, padding: 1 },
      { kind: 'relu' },
      { kind: 'maxPool', size: 3, stride: 2 },
      { kind: 'conv', filters: 4, size: 2 },
      { kind: 'relu' },
      { kind: 'averagePool', size: 2, stride: 1 },
      { kind: 'flatten' },
      { kind: 'dense', units: 6 },
    ],
  ),
};

describe.each(Object.entries(NETWORKS))('Chameleon on %s', (_, network) => {
  const size = network.inputShape.reduce((product: number, extent) => product * extent, 1);
  it.each([
    ['class', 1],
    ['class', 5],
    ['scores', 1],
    ['scores', 3],
  ] as const)('reveals the %s that the same integers give in the clear, for a batch of %i', (reveal, batch) => {
    const examples = randomInputs(9, 20 * size);
    const { plan } = compile(network, { system: 'chameleon', reveal, calibration: examples });
    const layers = quantise(network, plan);
    const inputs = toFixed(ringOf(plan.bits), randomInputs(5, batch * size), plan.fraction);
    const expected = evaluateFixed(plan, layers, inputs, batch);
    const { answer } = runChameleon(plan, layers, inputs, batch);
    expect([...answer.classes]).toEqual([...expected.classes]);
    if (reveal === 'scores') expect([...answer.scores!]).toEqual([...expected.scores]);
    else expect(answer.scores).toBeUndefined();
  });
});
