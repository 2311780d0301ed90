import { describe, expect, it } from 'vitest';
import { createStrategy, type StrategyConfig } from '../../learning/index.ts';
import { errorOf } from './support/errors.ts';

const f32 = (...values: number[]): Float32Array => Float32Array.from(values);

/** Applies updates one after another and gives all models. */
function walk(config: StrategyConfig, model: Float32Array, ...updates: Float32Array[]): number[][] {
  const strategy = createStrategy(config);
  let step = { model, state: strategy.init(model.length) };
  return updates.map((update) => {
    step = strategy.apply(step.model, update, step.state);
    return [...step.model];
  });
}

const close = (actual: number[][], expected: number[][]): void => {
  expect(actual.length).toBe(expected.length);
  actual.forEach((row, i) => row.forEach((value, j) => expect(value).toBeCloseTo(expected[i]![j]!, 5)));
};

describe('strategies, against steps computed by hand', () => {
  it('FedAvg with rate 1 adds the mean update', () => {
    expect(walk({ name: 'fedavg', learningRate: 1 }, f32(1, 2), f32(0.5, -0.25))).toEqual([[1.5, 1.75]]);
  });

  it('FedAvg with rate 0.5 goes half the way', () => {
    expect(walk({ name: 'fedavg', learningRate: 0.5 }, f32(1, 2), f32(0.5, -0.25))).toEqual([[1.25, 1.875]]);
  });

  it('FedAvgM keeps 0.5 of the last velocity', () => {
    // v₁ = 1, x₁ = 1; v₂ = 0.5·1 + 1 = 1.5, x₂ = 2.5; v₃ = 0.75, x₃ = 3.25
    const config = { name: 'fedavgm', learningRate: 1, momentum: 0.5 } as const;
    expect(walk(config, f32(0), f32(1), f32(1), f32(0))).toEqual([[1], [2.5], [3.25]]);
  });

  // β₁ = 0.5, η = 1, τ = 0.5, so v₀ = 0.25; Δ = 1, then Δ = −1.
  const common = { learningRate: 1, beta1: 0.5, tau: 0.5 } as const;

  it('FedAdagrad', () => {
    // m₁ = 0.5, v₁ = 1.25, x₁ = 0.5/(1.118034+0.5) = 0.309017; m₂ = −0.25, v₂ = 2.25, x₂ = 0.309017 − 0.25/2
    close(walk({ name: 'fedadagrad', ...common }, f32(0), f32(1), f32(-1)), [[0.309017], [0.184017]]);
  });

  it('FedAdam', () => {
    // β₂ = 0.5: v₁ = 0.125 + 0.5 = 0.625, x₁ = 0.5/(0.790569+0.5) = 0.387426;
    // v₂ = 0.3125 + 0.5 = 0.8125, m₂ = −0.25, x₂ = 0.387426 − 0.25/(0.901388+0.5) = 0.209031
    close(walk({ name: 'fedadam', beta2: 0.5, ...common }, f32(0), f32(1), f32(-1)), [[0.387426], [0.209031]]);
  });

  it('FedYogi grows by the square, not towards it', () => {
    // v₁ = 0.25 − 0.5·1·sign(0.25 − 1) = 0.75, x₁ = 0.5/(0.866025+0.5) = 0.366025;
    // v₂ = 0.75 + 0.5 = 1.25, x₂ = 0.366025 − 0.25/(1.118034+0.5) = 0.211517
    close(walk({ name: 'fedyogi', beta2: 0.5, ...common }, f32(0), f32(1), f32(-1)), [[0.366025], [0.211517]]);
  });

  it('FedYogi shrinks when the square is below v', () => {
    // v₀ = 0.25, Δ = 0.1: v₁ = 0.25 − 0.5·0.01 = 0.245, m₁ = 0.05, x₁ = 0.05/(0.494975+0.5) = 0.0502525
    close(walk({ name: 'fedyogi', beta2: 0.5, ...common }, f32(0), f32(0.1)), [[0.0502525]]);
  });
});

const every: StrategyConfig[] = [
  { name: 'fedavg', learningRate: 1 },
  { name: 'fedavgm', learningRate: 1, momentum: 0.9 },
  { name: 'fedadagrad', learningRate: 0.1, beta1: 0.9, tau: 0.001 },
  { name: 'fedadam', learningRate: 0.1, beta1: 0.9, beta2: 0.99, tau: 0.001 },
  { name: 'fedyogi', learningRate: 0.1, beta1: 0.9, beta2: 0.99, tau: 0.001 },
];

describe.each(every)('$name', (config) => {
  const strategy = createStrategy(config);

  it('leaves its arguments unchanged', () => {
    const model = f32(1, -2, 3);
    const update = f32(0.1, 0.2, -0.3);
    const state = strategy.init(3);
    const before = structuredClone(state);
    strategy.apply(model, update, state);
    expect([...model]).toEqual([1, -2, 3]);
    expect([...update]).toEqual([...f32(0.1, 0.2, -0.3)]);
    expect(state).toEqual(before);
  });

  it('does not move without an update', () => {
    const model = f32(1, -2, 3);
    expect(strategy.apply(model, new Float32Array(3), strategy.init(3)).model).toEqual(model);
  });

  it('treats each coordinate independently', () => {
    const both = strategy.apply(f32(1, 2), f32(0.5, -0.1), strategy.init(2)).model;
    const second = strategy.apply(f32(2), f32(-0.1), strategy.init(1)).model;
    expect(both[1]).toBe(second[0]);
  });

  it('refuses an update of another length', () => {
    expect(errorOf(() => strategy.apply(f32(1, 2), f32(1), strategy.init(2)))).toMatchObject({
      code: 'update-shape',
      message: `${config.name}: the model has 2 values, but the update has 1`,
    });
  });

  it('refuses a state of another length', () => {
    if (Object.keys(strategy.init(1)).length === 0) return;
    expect(errorOf(() => strategy.apply(f32(1, 2), f32(1, 1), strategy.init(1)))).toMatchObject({
      code: 'update-shape',
    });
    expect(errorOf(() => strategy.apply(f32(1, 2), f32(1, 1), {}))).toMatchObject({ code: 'update-shape' });
  });
});
