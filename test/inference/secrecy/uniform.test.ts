import { describe, expect, it } from 'vitest';
import type { Correlations, DemandKind, DemandOf, Parts } from '../../../protocol/mpc/dealer/index.ts';
import { wipe } from '../../../protocol/mpc/dealer/wipe.ts';
import { ring64 } from '../../../protocol/mpc/sharing/index.ts';
import { bytesOf, type Model, type Run, runWith, type Seeds, seedsOf, type Tampering } from './support/lab.ts';
import { alwaysOf, hiddenReversed, otherWeights, question, tinyModel, zeroWeights } from './support/models.ts';
import { deviationOf, differenceOf, worst } from './support/uniform-bits.ts';

/** Lanes without padding bits, which would be zero. */
const BATCH = 8;
const RUNS = 80;

interface Sampling {
  readonly of: { readonly seed: number } | { readonly all: number };
  /** Seeds that all runs have alike. */
  readonly reused?: Partial<Seeds>;
  readonly tampering?: Tampering;
  readonly first?: number;
}

function runsOf(model: Model, { of, reused = {}, tampering = {}, first = 0 }: Sampling): Run[] {
  return Array.from({ length: RUNS }, (_, i) =>
    runWith(model, question(model.plan, BATCH, of), BATCH, seedsOf(first + i, reused), tampering),
  );
}

/**
 * All that a party sees; with SecureML its share of the question, which is the first thing it sees online, also added to
 * the first thing that the other opens: that share is what hides the other's.
 */
const viewsOf = (runs: readonly Run[], party: 0 | 1): Uint8Array[] =>
  runs.map(({ views, shares }) => {
    const view = views[party];
    if (shares === undefined) return bytesOf(view);
    const [own, opened] = view.online.slice(0, 2).map((message) => ring64.fromBytes(message));
    return bytesOf({ ...view, online: [ring64.toBytes(ring64.add(own!, opened!)), ...view.online] });
  });

/** What was dealt, with zeros for the masks of what is opened. */
function withoutMasks(dealt: Correlations): Correlations {
  return {
    side: dealt.side,
    take<Kind extends DemandKind>(demand: DemandOf<Kind>): Parts[Kind] {
      const part = dealt.take(demand);
      for (const name of ['a', 'b', 'flips', 'mask'] as const) if (name in part) wipe(Reflect.get(part, name));
      if ('receiver' in part) part.receiver.choices.fill(0);
      return part;
    },
    wipe: () => dealt.wipe(),
  };
}

const CASES = [
  ['chameleon', 'relu', 'class'],
  ['chameleon', 'square', 'scores'],
  ['chameleon', 'sigmoid', 'class'],
  ['secureml', 'relu', 'class'],
  ['secureml', 'square', 'scores'],
] as const;

describe.each(CASES)('what a party of %s sees, with %s, revealing %s', (system, activation, reveal) => {
  const model = tinyModel(system, reveal, activation);
  const secrets = [
    [model, { all: 0 }],
    [otherWeights(model, 2), { all: 1 }],
    [zeroWeights(model), { seed: 4 }],
  ] as const;

  it('is uniform in every bit it receives, whatever the other’s secret is', () => {
    for (const [which, of] of secrets) {
      const runs = runsOf(which, { of });
      for (const party of [0, 1] as const) expect(worst(deviationOf(viewsOf(runs, party)))).toBeLessThan(1);
    }
  });

  it('is uniform in the difference of two runs, too, so that nothing is masked by the same twice', () => {
    const runs = runsOf(model, { of: { all: 1 } });
    for (const party of [0, 1] as const) {
      const views = viewsOf(runs, party);
      const apart = views.slice(1).map((view, i) => view.map((byte, at) => byte ^ views[i]![at]!));
      expect(worst(deviationOf(apart))).toBeLessThan(1);
    }
  });

  it('would not be if the seeded side’s masks were taken out', () => {
    const runs = runsOf(model, { of: { all: 1 }, tampering: { seededSide: withoutMasks } });
    expect(worst(deviationOf(viewsOf(runs, 0)))).toBeGreaterThan(1);
  });

  it('would not be if one piece served all runs', () => {
    const { seeded, corrected } = seedsOf(77);
    const runs = runsOf(model, { of: { all: 1 }, reused: { seeded, corrected } });
    // Without GMW the asker hears garbled circuits alone, and their labels are drawn anew each time.
    const parties = activation === 'sigmoid' ? ([0] as const) : ([0, 1] as const);
    for (const party of parties) expect(worst(deviationOf(viewsOf(runs, party)))).toBeGreaterThan(1);
  });
});

describe('the answer’s shares of SecureML’s servers', () => {
  it.each([
    ['relu', 'class'],
    ['square', 'scores'],
  ] as const)('are uniform each, with %s and %s', (activation, reveal) => {
    const runs = runsOf(tinyModel('secureml', reveal, activation), { of: { all: 1 } });
    for (const server of [0, 1]) {
      expect(worst(deviationOf(runs.map(({ shares }) => shares![server]!)))).toBeLessThan(1);
    }
  });
});

describe('the asker’s view and its answer together, simulated from the answer alone', () => {
  const joint = (model: Model, first: number): Uint8Array[] =>
    runsOf(model, { of: { all: 1 }, first }).map(({ answer, views }) => {
      const { classes, scores = new Float64Array(0) } = answer;
      return Uint8Array.of(...new Uint8Array(scores.buffer), ...new Uint8Array(classes.buffer), ...bytesOf(views[1]));
    });

  it('are alike by a model that has no weights and knows the class alone', () => {
    const model = tinyModel('chameleon', 'class', 'relu');
    const [{ answer }] = runsOf(model, { of: { all: 1 } }) as [Run];
    const [given] = answer.classes;
    expect(new Set(answer.classes)).toEqual(new Set([given]));
    const real = joint(model, 0);
    expect(differenceOf(real, joint(alwaysOf(model, given!), 1000))).toBeLessThan(1);
    expect(differenceOf(real, joint(alwaysOf(model, (given! + 1) % 3), 1000))).toBeGreaterThan(1);
  });

  it('are alike by a model of other weights that gives the same scores', () => {
    const model = tinyModel('chameleon', 'scores', 'relu');
    const real = joint(model, 0);
    expect(differenceOf(real, joint(hiddenReversed(model), 1000))).toBeLessThan(1);
    expect(differenceOf(real, joint(otherWeights(model, 2), 1000))).toBeGreaterThan(1);
  });
});
