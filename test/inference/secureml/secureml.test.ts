import { describe, expect, it } from 'vitest';
import { evaluateFixed } from '../../../inference/plain/evaluate-fixed.ts';
import { compile } from '../../../inference/plan/compile.ts';
import { quantise } from '../../../inference/plan/quantise.ts';
import { toFixed, ringOf } from '../../../protocol/mpc/sharing/index.ts';
import { networkA, randomInputs, randomNetwork } from '../support/random-networks.ts';
import { runSecureMl } from '../support/run-secureml.ts';

const NETWORKS = {
  'A with ReLU': { network: networkA('relu'), exact: true },
  'A with squares': { network: networkA('square'), exact: false },
  'one layer': { network: randomNetwork(2, [20], [{ kind: 'dense', units: 3 }]), exact: true },
  'a sigmoid': {
    network: randomNetwork(6, [12], [{ kind: 'dense', units: 9 }, { kind: 'sigmoid' }, { kind: 'dense', units: 5 }]),
    exact: true,
  },
  'a convolution and a pool': {
    network: randomNetwork(
      3,
      [2, 9, 8],
      [
        { kind: 'conv', filters: 3, size: 3, padding: 1 },
        { kind: 'relu' },
        { kind: 'averagePool', size: 2, stride: 1 },
        { kind: 'flatten' },
        { kind: 'dense', units: 6 },
      ],
    ),
    exact: true,
  },
};

describe.each(Object.entries(NETWORKS))('SecureML on %s', (_, { network, exact }) => {
  const size = network.inputShape.reduce((product: number, extent) => product * extent, 1);
  it.each([
    ['class', 1],
    ['class', 5],
    ['scores', 3],
  ] as const)('reveals the %s that the same integers give in the clear, for a batch of %i', (reveal, batch) => {
    const calibration = randomInputs(9, 20 * size);
    const { plan } = compile(network, { system: 'secureml', reveal, calibration });
    const layers = quantise(network, plan);
    const inputs = toFixed(ringOf(plan.bits), randomInputs(5, batch * size), plan.fraction);
    const expected = evaluateFixed(plan, layers, inputs, batch);
    const { answer } = runSecureMl(plan, layers, inputs, batch);
    expect([...answer.classes]).toEqual([...expected.classes]);
    if (reveal === 'class') return;
    // Where bits are dropped without a circuit, each share is off by less than one in the last place.
    for (const [i, score] of answer.scores!.entries()) {
      expect(Math.abs(score - expected.scores[i]!)).toBeLessThanOrEqual(exact ? 0 : 1e-2);
    }
  });
});
