import { describe, expect, it } from 'vitest';
import { compile, costOf, quantise, ringOf } from '../../../inference/index.ts';
import { toFixed } from '../../../protocol/mpc/sharing/index.ts';
import { drawnInputs, networkOf } from '../support/networks.ts';
import { runChameleon } from '../support/run-chameleon.ts';

const NETWORKS: readonly (readonly [string, readonly number[], readonly string[]])[] = [
  ['dense layers with ReLU', [20], ['dense 16', 'relu', 'dense 12', 'relu', 'dense 5']],
  ['squares', [20], ['dense 16', 'square', 'dense 5']],
  [
    'convolutions, maxima and averages',
    [1, 9, 9],
    ['conv 3 3 1 1', 'relu', 'max 3', 'average 3', 'flatten', 'dense 4'],
  ],
];

const bytesOf = (messages: readonly Uint8Array[]): number => messages.reduce((sum, { length }) => sum + length, 0);

describe.each(NETWORKS)('a run of Chameleon with %s', (_, shape, layers) => {
  it.each([
    ['class', 1],
    ['scores', 3],
    ['class', 9],
  ] as const)('sends exactly what was announced: the %s of a batch of %i', (reveal, batch) => {
    const network = networkOf(1, shape, layers);
    const { plan } = compile(network, { system: 'chameleon', reveal });
    const inputs = toFixed(ringOf(plan.bits), drawnInputs(2, network, batch), plan.fraction);
    const { setup, offline, online } = runChameleon(plan, quantise(network, plan), inputs, batch);
    const cost = costOf(plan, batch);
    // The owner is the corrected side, and the first of the pair.
    const both = ({
      received,
    }: {
      readonly received: readonly [readonly Uint8Array[], readonly Uint8Array[]];
    }): object => ({
      toCorrected: bytesOf(received[0]),
      toSeeded: bytesOf(received[1]),
    });
    expect({ model: both(setup), offline: both(offline), online: both(online) }).toEqual({
      model: cost.model,
      offline: cost.offline,
      online: cost.online,
    });
    // A product's message may travel together with the other side's first bits of what follows.
    const products = plan.steps.filter(({ kind }) => kind === 'linear').length;
    expect(online.trips).toBeLessThanOrEqual(cost.trips);
    expect(online.trips).toBeGreaterThanOrEqual(cost.trips - products);
  });
});
