import { describe, expect, it } from 'vitest';
import {
  assertSamePlan,
  compile,
  decodePlan,
  encodePlan,
  type Plan,
  planHash,
  type Step,
  traceOf,
} from '../../../inference/index.ts';
import { CairnError } from '../../../protocol/errors.ts';
import { codeOf } from '../../support/thrown.ts';
import { networkOf } from '../support/networks.ts';

const LAYERS: readonly (readonly string[])[] = [
  ['flatten', 'dense 16', 'relu', 'dense 5'],
  ['flatten', 'dense 16', 'square', 'dense 5', 'argmax'],
  ['conv 3 3 2 1', 'relu', 'max 2', 'flatten', 'dense 5'],
  ['conv 3 3 1', 'average 2', 'tanh', 'flatten', 'dense 5', 'sigmoid', 'dense 4'],
];

const PLANS = LAYERS.flatMap((layers) =>
  (['class', 'scores'] as const).flatMap((reveal) =>
    layers.includes('argmax') && reveal === 'scores'
      ? []
      : [compile(networkOf(1, [1, 8, 8], layers), { system: 'chameleon', reveal }).plan],
  ),
);
const [PLAN] = PLANS as [Plan];

/** The plan with one step changed. */
const withStep = (plan: Plan, at: number, change: object): Plan => ({
  ...plan,
  steps: plan.steps.map((step, i) => (i === at ? { ...step, ...change } : step)),
});

describe('an encoded plan', () => {
  it.each(PLANS.map((plan, i) => [i, plan] as const))('is read back as it was (%i)', (_, plan) => {
    const bytes = encodePlan(plan);
    expect(decodePlan(bytes)).toEqual(plan);
    expect(encodePlan(decodePlan(bytes))).toEqual(bytes);
  });

  it('keeps the names of classes', () => {
    const plan = { ...PLAN, classes: ['zero', 'eins', 'δύο', '3', '四'] };
    expect(decodePlan(encodePlan(plan)).classes).toEqual(plan.classes);
  });

  it('is refused wherever it is cut off, and with bytes after it', () => {
    for (const plan of PLANS) {
      const bytes = encodePlan(plan);
      for (let length = 0; length < bytes.length; length++) {
        expect(codeOf(() => decodePlan(bytes.subarray(0, length)))).toMatch(/^wire-/);
      }
      expect(codeOf(() => decodePlan(Uint8Array.of(...bytes, 0)))).toBe('wire-trailing');
    }
  });

  it('is refused with a named error, or is another sound plan with one encoding, whichever byte is changed', () => {
    let sound = 0;
    for (const plan of PLANS) {
      const bytes = encodePlan(plan);
      for (let at = 0; at < bytes.length; at++) {
        for (const change of [0x01, 0x10, 0x80, 0xff]) {
          const other = bytes.slice();
          other[at]! ^= change;
          let decoded: Plan;
          try {
            decoded = decodePlan(other);
          } catch (thrown) {
            if (!(thrown instanceof CairnError && thrown.code.startsWith('wire-'))) throw thrown;
            continue;
          }
          sound++;
          expect(encodePlan(decoded)).toEqual(other);
          expect(planHash(decoded)).not.toEqual(planHash(plan));
        }
      }
    }
    expect(sound).toBeGreaterThan(0);
  });

  it.each<readonly [string, Plan]>([
    ['a count that does not fit', withStep(PLAN, 1, { count: 17 })],
    ['layers out of order', withStep(PLAN, 2, { layer: 2 })],
    ['another number of inputs', withStep(PLAN, 0, { map: { kind: 'dense', inputs: 63, outputs: 16 } })],
    ['too many outputs', withStep(PLAN, 0, { map: { kind: 'dense', inputs: 64, outputs: 2 ** 23 } })],
    ['more fraction bits than the ring has', withStep(PLAN, 0, { fraction: 30 })],
    ['a shift of more bits than there are', withStep(PLAN, 1, { shift: 30 })],
    ['a step after the last', { ...PLAN, steps: [...PLAN.steps, { kind: 'square', count: 5 }] }],
    ['nothing revealed', { ...PLAN, steps: PLAN.steps.slice(0, -1) }],
    ['something else revealed than it says', { ...PLAN, reveal: 'scores' }],
    ['no linear layer', { ...PLAN, steps: [{ kind: 'reveal', what: 'class', count: 64 }] }],
    ['names for other classes', { ...PLAN, classes: ['a'] }],
    ['an input of too many values', { ...PLAN, inputShape: [4096, 4096, 4096] }],
  ])('cannot be made of %s', (_, plan) => {
    expect(codeOf(() => encodePlan(plan))).toBe('wire-bounds');
  });

  it.each<readonly [string, Plan]>([
    ['a system without shares', { ...PLAN, system: 'cryptonets' }],
    ['a system that this version does not run', { ...PLAN, system: 'minionn' }],
    ['a ring that the system does not run in', { ...PLAN, system: 'secureml' }],
    ['inputs in an empty range', { ...PLAN, inputRange: [1, 1] }],
  ])('is refused for %s', (_, plan) => {
    expect(codeOf(() => decodePlan(encodePlan(plan)))).toBe('wire-bounds');
  });

  it('is refused for a layer that the system does not have', () => {
    const pooled = PLANS.find(({ steps }) => steps.some(({ kind }) => kind === 'maxPool'))!;
    const plan: Plan = { ...pooled, bits: 64, system: 'secureml' };
    expect(codeOf(() => decodePlan(encodePlan(plan)))).toBe('wire-bounds');
    expect(decodePlan(encodePlan({ ...plan, system: 'chameleon' })).bits).toBe(64);
  });

  it('bounds the number of classes that an argmax compares', () => {
    const plan = (outputs: number, reveal: 'class' | 'scores'): Plan => ({
      ...PLAN,
      reveal,
      inputShape: [2],
      steps: [
        { kind: 'linear', map: { kind: 'dense', inputs: 2, outputs }, bias: false, layer: 0, fraction: 1 },
        { kind: 'reveal', what: reveal, count: outputs },
      ],
    });
    expect(traceOf(plan(4096, 'class')).outputs).toBe(4096);
    expect(codeOf(() => traceOf(plan(4097, 'class')))).toBe('wire-bounds');
    expect(traceOf(plan(4097, 'scores')).outputs).toBe(4097);
  });

  it('bounds the products of all layers together', () => {
    const same = { kind: 'convolution', channels: 64, height: 32, width: 32, filters: 64 } as const;
    const wide = { ...same, size: 3, stride: 1, padding: 1 } as const;
    const count = 64 * 32 * 32;
    const steps = (layers: number): Step[] => [
      ...Array.from({ length: layers }, (_, layer): Step[] => [
        { kind: 'linear', map: wide, bias: false, layer, fraction: 1 },
        { kind: 'rectify', count, shift: 1 },
      ]).flat(),
      { kind: 'reveal', what: 'scores', count },
    ];
    const plan = (layers: number): Plan => ({
      ...PLAN,
      ...{ reveal: 'scores', inputShape: [64, 32, 32], steps: steps(layers) },
    });
    expect(traceOf(plan(110)).outputs).toBe(count);
    expect(codeOf(() => traceOf(plan(120)))).toBe('wire-bounds');
  });
});

describe('two sides', () => {
  it('go on with equal plans, and refuse each other with any other', () => {
    const [first, second] = PLANS as [Plan, Plan];
    assertSamePlan(first, planHash(decodePlan(encodePlan(first))));
    expect(planHash(first)).toHaveLength(32);
    expect(codeOf(() => assertSamePlan(first, planHash(second)))).toBe('plan-mismatch');
    expect(codeOf(() => assertSamePlan(first, planHash(first).subarray(0, 31)))).toBe('plan-mismatch');
  });
});
