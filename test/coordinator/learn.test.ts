import { describe, expect, it } from 'vitest';
import {
  BUILT_IN,
  createStrategy,
  NextModel,
  STRATEGIES,
  type StrategyConfig,
  strategySchema,
} from '../../learning/index.ts';
import { decodeSum, openSum, type QuantizationScheme, vectorLength } from '../../protocol/quantize/index.ts';
import { ParameterLayout } from '../../protocol/model/layout.ts';
import { emptyFile, modelFrame } from '../../protocol/model/safetensors-frame.ts';
import { encodeSafetensors } from '../../protocol/model/safetensors.ts';
import { seeded } from '../../simulations/attacks/open-round/lab.ts';
import { errorOf } from './support/errors.ts';

const shapes = { bias: [7], 'a weight': [5, 9] };
const layout = new ParameterLayout(shapes);
const kept = {
  'norm.batches': { dtype: 'I64', shape: [], bytes: Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0) },
  mask: { dtype: 'BOOL', shape: [3], bytes: Uint8Array.of(1, 0, 1) },
};
const frame = modelFrame(layout, { kept });
const scheme: QuantizationScheme = {
  ...{ dimension: layout.size, clip: 3, inputBits: 12, modulusBits: 20, maxCohort: 50, maxExamples: 40, lossBound: 8 },
};

const words = (name: string, count: number): Uint32Array => new Uint32Array(seeded(name)(4 * count).buffer);
const floats = (name: string): Float32Array =>
  Float32Array.from(words(name, layout.size), (word) => word / 2 ** 31 - 1);

/** A sum with some weight in it. */
function someSum(name: string): Uint32Array {
  const sum = words(name, vectorLength({ dimension: layout.size })).map((word) => word & 0xf_ffff);
  sum[layout.size] = 9999;
  return sum;
}

const configOf = (name: string): StrategyConfig => strategySchema(BUILT_IN).parse(name);

describe.each(STRATEGIES.map(({ name }) => name))('a model learnt in parts with %s', (name) => {
  it.each([1, 10, 52, 1000])('has the bits of one learnt at once, in parts of %d', (part) => {
    const strategy = createStrategy(configOf(name));
    let flat = floats('a model');
    let state = strategy.init(layout.size);
    for (const round of ['first', 'second']) {
      const sum = someSum(round);
      const { update } = decodeSum(scheme, sum, 20);
      const whole = strategy.apply(flat, update, state);
      const { file, flat: into } = emptyFile(frame, layout.size);
      const next = new NextModel({ name: 'it', strategy, flat, state, into }, openSum(scheme, sum, 20));
      expect([...next.steps(part)].at(-1)).toBe(layout.size);
      expect(next.flat).toEqual(whole.model);
      expect(next.state).toEqual(whole.state);
      expect(file).toEqual(encodeSafetensors(layout.unflatten(whole.model), shapes, {}, kept));
      ({ flat, state } = next);
    }
  });
});

describe('a model that would diverge', () => {
  it.each([0, 20, 51])('is refused by name, wherever that shows (%d)', (at) => {
    const flat = floats('a model');
    flat[at] = Infinity;
    const strategy = createStrategy(configOf('fedavg'));
    const sum = openSum(scheme, someSum('first'), 20);
    const next = new NextModel({ name: 'the model after round 3', strategy, flat, state: {}, into: flat.slice() }, sum);
    expect(errorOf(() => [...next.steps(10)])).toMatchObject({
      code: 'update-not-finite',
      message: 'the model after round 3 holds NaN or an infinite value, as strategy "fedavg" makes it',
      hint: expect.stringContaining('the model before it is kept') as string,
    });
  });
});
