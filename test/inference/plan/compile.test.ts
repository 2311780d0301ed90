import { describe, expect, it } from 'vitest';
import {
  compile,
  type CompileOptions,
  demandsOf,
  encodePlan,
  type Network,
  type Plan,
  stepDemands,
  systemsFor,
  traceOf,
} from '../../../inference/index.ts';
import { rectifyCircuit } from '../../../protocol/mpc/circuits/index.ts';
import { CairnError } from '../../../protocol/errors.ts';
import { codeOf, thrownBy } from '../../support/thrown.ts';
import { drawnInputs, networkOf } from '../support/networks.ts';

const chameleon = { system: 'chameleon' } as const;
const secureml = { system: 'secureml' } as const;

const A = networkOf(1, [784], ['dense 128', 'relu', 'dense 128', 'relu', 'dense 10']);
const SQUARES = networkOf(1, [784], ['dense 128', 'square', 'dense 128', 'square', 'dense 10']);
const POOLED = networkOf(1, [1, 12, 12], ['conv 4 5 1', 'relu', 'max 2', 'flatten', 'dense 10']);

const steps = (network: Network, options: CompileOptions): string[] =>
  compile(network, options).plan.steps.map(({ kind }) => kind);

const refusal = (network: Network, options: CompileOptions): CairnError => {
  const thrown = thrownBy(() => compile(network, options));
  if (!(thrown instanceof CairnError)) throw thrown;
  return thrown;
};

describe('the steps of a plan', () => {
  it('shift in the rectifier after a linear layer, and not at all before the class is revealed', () => {
    expect(steps(A, chameleon)).toEqual(['linear', 'rectify', 'linear', 'rectify', 'linear', 'reveal']);
    const { plan } = compile(A, chameleon);
    for (const [at, step] of plan.steps.entries()) {
      const before = plan.steps[at - 1];
      if (step.kind === 'rectify') expect(step.shift).toBe((before as { fraction: number }).fraction);
    }
  });

  it('take the maximum of a window before its ReLU: a quarter of the rectifiers', () => {
    expect(steps(POOLED, chameleon)).toEqual(['linear', 'maxPool', 'rectify', 'linear', 'reveal']);
    const { plan } = compile(POOLED, chameleon);
    expect(plan.steps[2]).toMatchObject({ kind: 'rectify', count: (4 * 8 * 8) / 4 });
  });

  it('swap past several pools, whatever the monotone function', () => {
    const network = networkOf(1, [1, 12, 12], ['conv 2 5 1', 'sigmoid', 'max 2', 'max 2', 'flatten', 'dense 4']);
    expect(steps(network, chameleon)).toEqual(['linear', 'maxPool', 'maxPool', 'piecewise', 'linear', 'reveal']);
  });

  it('do not swap a square, which is not monotone', () => {
    const network = networkOf(1, [1, 12, 12], ['conv 2 5 1', 'square', 'max 2', 'flatten', 'dense 4']);
    expect(steps(network, chameleon)).toEqual([
      'linear',
      'truncate',
      'square',
      'maxPool',
      'truncate',
      'linear',
      'reveal',
    ]);
  });

  it('truncate before squares and after them', () => {
    expect(steps(SQUARES, { ...chameleon, ring: 64 })).toEqual([
      ...['linear', 'truncate', 'square', 'truncate'],
      ...['linear', 'truncate', 'square', 'truncate', 'linear', 'reveal'],
    ]);
  });

  it('sum windows instead of averaging, and give the power of two to the next shift', () => {
    const network = networkOf(
      1,
      [1, 12, 12],
      ['conv 2 5 1', 'relu', 'average 2', 'flatten', 'dense 4', 'relu', 'dense 3'],
    );
    const { plan } = compile(network, chameleon);
    expect(plan.steps.map(({ kind }) => kind)).toEqual([
      ...['linear', 'rectify', 'sumPool', 'linear', 'rectify', 'linear', 'reveal'],
    ]);
    const [, , , dense, rectify] = plan.steps;
    expect((rectify as { shift: number }).shift).toBe((dense as { fraction: number }).fraction + 2);
  });

  it('leave out a last sigmoid if the class is revealed, and compute it if the scores are', () => {
    const network = networkOf(1, [8], ['dense 4', 'sigmoid']);
    expect(steps(network, chameleon)).toEqual(['linear', 'reveal']);
    expect(steps(network, { ...chameleon, reveal: 'scores' })).toEqual(['linear', 'piecewise', 'reveal']);
  });

  it('are the same for equal networks, byte by byte', () => {
    const again = networkOf(1, [784], ['dense 128', 'relu', 'dense 128', 'relu', 'dense 10']);
    expect(encodePlan(compile(again, chameleon).plan)).toEqual(encodePlan(compile(A, chameleon).plan));
  });
});

describe('the ring and the fraction of a plan', () => {
  it('are 32 bits for ReLU where intervals leave 8 fraction bits, and 64 for squares', () => {
    expect(compile(A, chameleon)).toMatchObject({ bounds: 'proven', plan: { bits: 32 } });
    expect(compile(A, chameleon).plan.fraction).toBeGreaterThanOrEqual(8);
    expect(compile(SQUARES, chameleon)).toMatchObject({ bounds: 'proven', plan: { bits: 64 } });
  });

  it('are 64 bits for SecureML, whose local truncation fails too often in 32, with 13 bits at most', () => {
    expect(compile(A, secureml).plan).toMatchObject({ bits: 64, fraction: 13 });
    const { code, hint } = refusal(A, { ...secureml, ring: 32 });
    expect([code, hint]).toEqual(['network-unsupported', 'leave the ring out, or choose 64 bits']);
  });

  it('give weights the bits that their layer leaves', () => {
    const { plan, valueBits } = compile(A, chameleon);
    const fractions = plan.steps.flatMap((step) => (step.kind === 'linear' ? [step.fraction] : []));
    expect(Math.max(...fractions)).toBeGreaterThan(plan.fraction);
    expect(Math.max(...valueBits)).toBeLessThanOrEqual(30);
  });

  it('follow from a calibration if intervals are hopeless', () => {
    // Squares of squares of squares: the intervals double their bits each time.
    const squares = ['dense 64', 'square', 'dense 64', 'square', 'dense 64', 'square', 'dense 64', 'square', 'dense 4'];
    const network = networkOf(2, [64], squares, 1.8);
    expect(refusal(network, chameleon).hint).toContain('example inputs for a calibration');
    const calibrated = compile(network, { ...chameleon, calibration: drawnInputs(3, network, 50) });
    expect(calibrated.bounds).toBe('calibrated');
    expect(calibrated.plan.fraction).toBeGreaterThanOrEqual(8);
  });

  it('are refused if nothing fits, naming the layer and what helps', () => {
    const network = networkOf(
      2,
      [64],
      ['dense 64', 'square', 'dense 64', 'square', 'dense 64', 'square', 'dense 4'],
      3,
    );
    const { code, message, hint } = refusal(network, { ...chameleon, ring: 32 });
    expect(code).toBe('network-unsupported');
    expect(message).toMatch(
      /^layer \d \(\w+\): its values may take \d+ bits with 4 fraction bits, and the ring has 32$/,
    );
    expect(hint).toContain('calibration');
    expect(refusal(A, { ...chameleon, ring: 32, fraction: 12 }).message).toContain('with 12 fraction bits');
    expect(codeOf(() => compile(A, { ...secureml, fraction: 14 }))).toBe('network-unsupported');
  });
});

describe('what a system cannot run', () => {
  it('is refused with the layer and the systems that can', () => {
    const { code, message, hint } = refusal(POOLED, secureml);
    expect(code).toBe('network-unsupported');
    expect(message).toBe('secureml cannot run it: layer 3 (max): it has no maxPool');
    expect(hint).toBe('run it with chameleon');
    expect(systemsFor(POOLED, 'class')).toEqual(['chameleon']);
    expect(systemsFor(A, 'class')).toEqual(['secureml', 'chameleon']);
  });

  it.each(['cryptonets', 'deepsecure', 'minionn'] as const)(
    'is everything with %s, which is not compiled yet',
    (system) => {
      expect(refusal(POOLED, { system })).toMatchObject({ code: 'network-unsupported', hint: 'run it with chameleon' });
    },
  );

  it('is a ReLU under encryption, and a class alone', () => {
    expect(refusal(A, { system: 'cryptonets', reveal: 'scores' }).message).toContain('layer 2 (relu): it has no relu');
    expect(refusal(SQUARES, { system: 'cryptonets' }).message).toContain('cannot reveal the class alone');
  });

  it('is a size beyond its limit', () => {
    const wide = networkOf(1, [4096], ['dense 4097', 'relu', 'dense 2']);
    expect(refusal(wide, { system: 'deepsecure' }).message).toContain('at most 16777216 products');
  });

  it('is the scores of an argmax, the class of one output, and tanh after averages of nine', () => {
    const argmax = networkOf(1, [8], ['dense 4', 'argmax']);
    expect(refusal(argmax, { ...chameleon, reveal: 'scores' }).message).toContain('has no scores');
    const one = networkOf(1, [8], ['dense 1']);
    expect(refusal(one, chameleon).hint).toBe('reveal its score instead');
    const nine = networkOf(1, [1, 9, 9], ['conv 2 3 1 1', 'average 3', 'tanh', 'flatten', 'dense 3']);
    expect(refusal(nine, chameleon).message).toBe('layer 3 (tanh): it follows an average over 9 values');
  });
});

describe('the demands of a plan', () => {
  const planOf = (network: Network, options: CompileOptions): Plan => compile(network, options).plan;

  it('are one-sided products, GMW and transfers for Chameleon', () => {
    const plan = planOf(A, chameleon);
    const shifts = plan.steps.flatMap((step) => (step.kind === 'rectify' ? [step.shift] : []));
    const rows = (shift: number): number => rectifyCircuit(32, shift).ands;
    const map = (inputs: number, outputs: number): object => ({ kind: 'dense', inputs, outputs });
    const linear = { kind: 'linear', form: 'one-sided', batch: 3, bits: 32 };
    expect(demandsOf(plan, 3)).toEqual([
      { ...linear, map: map(784, 128), layer: 0 },
      { kind: 'and', rows: rows(shifts[0]!), lanes: 384 },
      { kind: 'rectify', bits: 32, count: 384, shift: shifts[0] },
      { ...linear, map: map(128, 128), layer: 1 },
      { kind: 'and', rows: rows(shifts[1]!), lanes: 384 },
      { kind: 'rectify', bits: 32, count: 384, shift: shifts[1] },
      { ...linear, map: map(128, 10), layer: 2 },
      { kind: 'transfer', count: 32 * 10 * 3, sender: 'corrected' },
    ]);
  });

  it('are two-sided products and transfers for SecureML, and nothing for its truncations', () => {
    const kinds = stepDemands(planOf(SQUARES, secureml), 1).map((demands) => demands.map(({ kind }) => kind).join());
    expect(kinds).toEqual(['linear', '', 'square', '', 'linear', '', 'square', '', 'linear', 'transfer']);
    expect(demandsOf(planOf(A, secureml), 2)[1]).toEqual({
      kind: 'transfer',
      count: 64 * 128 * 2,
      sender: 'corrected',
    });
  });

  it('are none for revealed scores', () => {
    expect(stepDemands(planOf(A, { ...chameleon, reveal: 'scores' }), 1).at(-1)).toEqual([]);
  });

  it('are refused for a batch that is not possible, or too large for the network', () => {
    const plan = planOf(A, chameleon);
    for (const batch of [0, -1, 1.5, NaN, 2 ** 16 + 1, 2 ** 15]) {
      expect(codeOf(() => demandsOf(plan, batch))).toBe('wire-bounds');
    }
    expect(traceOf(plan).inputs).toBe(784);
  });
});
