import { describe, expect, it } from 'vitest';
import { compile, costOf } from '../../../inference/index.ts';
import { rectifyCircuit, sharedArgmax, sharedRelu } from '../../../protocol/mpc/circuits/index.ts';
import { gmw } from '../../../protocol/mpc/gmw/index.ts';
import { runPair } from '../../../protocol/mpc/turn.ts';
import { zeroSlices } from '../../../protocol/mpc/slices.ts';
import { networkOf } from '../support/networks.ts';

const A = networkOf(1, [784], ['dense 128', 'relu', 'dense 128', 'relu', 'dense 10']);

describe('the cost of a plan', () => {
  it('is what its messages add up to, for network A with Chameleon', () => {
    const { plan } = compile(A, { system: 'chameleon' });
    const shifts = plan.steps.flatMap((step) => (step.kind === 'rectify' ? [step.shift] : []));
    const circuits = shifts.map((shift) => rectifyCircuit(32, shift));
    const ands = circuits.reduce((sum, circuit) => sum + circuit.ands, 0);
    const argmax = sharedArgmax(10, 32);
    const cost = costOf(plan, 1);
    // Two rectifiers of 128 lanes: two bits an AND, three bits and a word a value.
    const rectifiers = 2 * ands * 16 + 2 * (3 * 16 + 4 * 128);
    expect(cost.online).toEqual({
      toSeeded: rectifiers + 16 * 320 + 4 * 4,
      toCorrected: rectifiers + 4 * (784 + 128 + 128),
    });
    expect(cost.offline).toEqual({ toSeeded: 16 + 32 * argmax.ands, toCorrected: 320 });
    expect(cost.model).toEqual({ toSeeded: 4 * (784 * 128 + 128 * 128 + 128 * 10), toCorrected: 0 });
    expect(cost.ands).toEqual({ shared: 128 * ands, garbled: argmax.ands });
    expect(cost.transfers).toBe(320);
    expect(cost.dealt.seeded).toBe(32);
    // A message for each product, levels and an opening for each rectifier, and the labels.
    expect(cost.trips).toBe(3 + circuits.reduce((sum, { depth }) => sum + depth + 1, 0) + 1);
  });

  it('counts for an AND what GMW itself sends', () => {
    const circuit = rectifyCircuit(32, 12);
    const zeros = (): {
      a: ReturnType<typeof zeroSlices>;
      b: ReturnType<typeof zeroSlices>;
      c: ReturnType<typeof zeroSlices>;
    } => ({
      a: zeroSlices(circuit.ands, 128),
      b: zeroSlices(circuit.ands, 128),
      c: zeroSlices(circuit.ands, 128),
    });
    const run = (party: 0 | 1) => gmw(circuit, party, zeroSlices(64, 128), zeros());
    const { received, trips } = runPair(run(0), run(1), (_, blocks) => blocks);
    const bytes = received.map((messages) => messages.reduce((sum, message) => sum + message.length, 0));
    expect(bytes).toEqual([2 * circuit.ands * 16, 2 * circuit.ands * 16]);
    expect(trips).toBe(circuit.depth);
  });

  it('grows with the batch: online bytes of 128 examples are 128 times those of 8 lanes or more', () => {
    const { plan } = compile(A, { system: 'chameleon', reveal: 'scores' });
    const [one, many] = [costOf(plan, 1), costOf(plan, 128)];
    expect(many.online.toSeeded).toBe(128 * one.online.toSeeded);
    expect(many.online.toCorrected).toBe(128 * one.online.toCorrected);
    expect(many.trips).toBe(one.trips);
    expect(many.model).toEqual(one.model);
  });

  it('has garbled ReLUs with SecureML, no AND that is shared, and nothing for truncations', () => {
    const relu = costOf(compile(A, { system: 'secureml' }).plan, 1);
    expect(relu.ands.shared).toBe(0);
    const { ands } = sharedRelu(64, 13);
    expect(relu.ands.garbled).toBeGreaterThanOrEqual(256 * (ands - 8));
    const squares = networkOf(1, [784], ['dense 128', 'square', 'dense 10']);
    const square = costOf(compile(squares, { system: 'secureml', reveal: 'scores' }).plan, 1);
    expect(square.ands).toEqual({ shared: 0, garbled: 0 });
    expect(square.online.toCorrected).toBe(8 * (784 + 128 + 128));
    expect(square.trips).toBe(4);
  });

  it('has a tournament for each window of a maximum', () => {
    const network = networkOf(1, [1, 8, 8], ['conv 2 3 1 1', 'max 2', 'flatten', 'dense 2']);
    const without = networkOf(1, [1, 8, 8], ['conv 2 3 2 1', 'flatten', 'dense 2']);
    const options = { system: 'chameleon', reveal: 'scores', ring: 32 } as const;
    const [more, less] = [network, without].map((each) => costOf(compile(each, options).plan, 1));
    const max = rectifyCircuit(32, 0);
    // Two pairs at once and then one, in 32 windows.
    expect(more!.trips - less!.trips).toBe(2 * (max.depth + 1));
    expect(more!.ands.shared - less!.ands.shared).toBe(max.ands * 32 * 3);
  });
});
