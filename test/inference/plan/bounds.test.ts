import { describe, expect, it } from 'vitest';
import { compile, decodePlan, demandsOf, encodePlan, type Plan, type Step } from '../../../inference/index.ts';
import { codeOf } from '../../support/thrown.ts';
import { networkOf } from '../support/networks.ts';

const { plan } = compile(networkOf(1, [4], ['dense 4', 'tanh', 'dense 4']), { system: 'chameleon', reveal: 'scores' });
const piecewise = plan.steps.find(({ kind }) => kind === 'piecewise')!;
const linear = plan.steps[0]!;

/** The plan that a hostile owner sends: layers of `width` values, with what follows each. */
function hostile(width: number, layers: number, after: readonly Step[]): Plan {
  const steps = Array.from({ length: layers }, (_, layer): readonly Step[] => [
    { ...linear, map: { kind: 'dense', inputs: width, outputs: width }, layer } as Step,
    ...after,
  ]);
  return {
    ...plan,
    inputShape: [width],
    steps: [...steps.flat(), { kind: 'reveal', what: 'scores', count: width }],
    classes: [],
  };
}

describe('a plan from the other side', () => {
  it('cannot make it hold the masks of more weights than the limit', () => {
    // Each layer is within bounds, and so are the products.
    const within = { ...plan, fraction: 1 };
    const step = (layer: number): Step =>
      ({ ...linear, map: { kind: 'dense', inputs: 8000, outputs: 8000 }, layer, fraction: 0 }) as Step;
    const of = (layers: number): Plan => ({
      ...within,
      inputShape: [8000],
      steps: [...Array.from({ length: layers }, (_, i) => step(i)), { kind: 'reveal', what: 'scores', count: 8000 }],
      classes: [],
    });
    expect(decodePlan(encodePlan(of(4))).steps).toHaveLength(5);
    expect(codeOf(() => encodePlan(of(5)))).toBe('wire-bounds');
  });

  it('cannot make it expand more than the limit before the first step', () => {
    const of = (layers: number): Plan =>
      decodePlan(
        encodePlan(
          hostile(
            64,
            layers,
            [piecewise].map((step) => ({ ...step, count: 64 }) as Step),
          ),
        ),
      );
    // One such layer is dealt for, and of many none alone is refused.
    expect(demandsOf(of(1), 2 ** 12)).not.toHaveLength(0);
    expect(codeOf(() => demandsOf(of(10), 2 ** 12))).toBe('wire-bounds');
  });
});
