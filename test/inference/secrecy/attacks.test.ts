import { ringOf } from '../../../protocol/mpc/sharing/index.ts';
import { describe, expect, it } from 'vitest';
import { demandsOf } from '../../../inference/plan/demands.ts';
import type { LinearStep, Plan } from '../../../inference/plan/types.ts';
import {
  correctedSide,
  corrections,
  type LinearDemand,
  seededSide,
  weightMask,
  WeightMasks,
} from '../../../protocol/mpc/dealer/index.ts';
import type { Words } from '../../../protocol/mpc/sharing/index.ts';
import { codeOf } from '../../support/thrown.ts';
import { type Model, type Run, runWith, type Seeds, seedsOf } from './support/lab.ts';
import { modelOf, otherWeights, question, tinyModel } from './support/models.ts';

/*
 * What is learnt when one protection is missing, by a party that follows the protocol and then computes what it can. Each
 * attack is run against the protected system as well, where it must find nothing.
 */

const model = tinyModel('chameleon', 'class', 'relu');
const { plan } = model;
const ring = ringOf(plan.bits);
const seeds = seedsOf(1);
const image = question(plan, 1, { seed: 3 });
const blank = question(plan, 1, { all: 0 });

const linearOf = (of: Plan, layer: number): LinearStep =>
  of.steps.find((step): step is LinearStep => step.kind === 'linear' && step.layer === layer)!;

/** What the asker tells the owner of its question: D = X − A. */
const asked = ({ views }: Run): Words => ring.fromBytes(views[0].online[0]!);

/** What the owner tells the asker of its weights: E = W − B. */
const opened = ({ views }: Run, layer = 0): Words => ring.fromBytes(views[1].setup[layer]!);

/** The first thing that a seed of the asker's gives: A, the mask of its question. */
function maskOfQuestion(seed: Uint8Array): Words {
  const demands = demandsOf(plan, 1);
  return seededSide(demands, seed).take(demands[0] as LinearDemand).a!;
}

/** B, from a mask seed. */
function maskOfWeights(seed: Uint8Array, layer = 0): Words {
  return weightMask(seed, { map: linearOf(plan, layer).map, layer, bits: plan.bits });
}

const weightsOf = ({ layers }: Model, layer = 0): Words => layers[layer]!.weights;

describe('an owner that wants the asker’s image', () => {
  const run = (inputs: Words, given: Partial<Seeds>): Run => runWith(model, inputs, 1, seedsOf(2, given));

  it('has it from two questions under one piece, if it knows the other one', () => {
    const again = { seeded: seeds.seeded, corrected: seeds.corrected };
    const guess = (first: Run, second: Run): Words => ring.add(ring.subtract(asked(first), asked(second)), blank);
    expect(guess(run(image, again), run(blank, again))).toEqual(image);
    // Each question under a piece of its own.
    expect(guess(run(image, again), run(blank, { seeded: seedsOf(3).seeded }))).not.toEqual(image);
  });

  it('has it with the asker’s seed, as when both sides have one seed, which the dealer refuses to deal', () => {
    const guess = (seed: Uint8Array): Words =>
      ring.add(asked(run(image, { seeded: seeds.seeded })), maskOfQuestion(seed));
    expect(guess(seeds.seeded)).toEqual(image);
    expect(guess(seeds.corrected)).not.toEqual(image);
    const masks = new WeightMasks({ corrected: seeds.mask });
    expect(codeOf(() => corrections(demandsOf(plan, 1), seeds.seeded, seeds.seeded, masks))).toBe('key-invalid');
  });

  it('has it with the dealer’s help, against which nothing here protects', () => {
    // The dealer knows the asker's seed; the owner alone has its own seed and corrections.
    const { views } = run(image, { seeded: seeds.seeded });
    const dealersGuess = ring.add(ring.fromBytes(views[0].online[0]!), maskOfQuestion(seeds.seeded));
    expect(dealersGuess).toEqual(image);
  });

  it('cannot take a part of a piece twice', () => {
    const demands = demandsOf(plan, 1);
    const told = corrections(demands, seeds.seeded, seeds.corrected, new WeightMasks({ corrected: seeds.mask }));
    for (const dealt of [seededSide(demands, seeds.seeded), correctedSide(demands, seeds.corrected, told)]) {
      for (const demand of demands) dealt.take(demand);
      for (const demand of demands) expect(codeOf(() => dealt.take(demand))).toBe('dealt-mismatch');
    }
  });
});

describe('an asker that wants the owner’s weights', () => {
  const other = otherWeights(model, 2);
  const run = (which: Model, given: Partial<Seeds>): Run => runWith(which, image, 1, seedsOf(4, given));

  it('has the difference of two models under one mask seed, so all of one if the other is public', () => {
    for (const layer of [0, 1]) {
      const apart = (first: Run, second: Run): Words => ring.subtract(opened(first, layer), opened(second, layer));
      const difference = ring.subtract(weightsOf(model, layer), weightsOf(other, layer));
      const first = run(model, { mask: seeds.mask });
      expect(apart(first, run(other, { mask: seeds.mask }))).toEqual(difference);
      expect(apart(first, run(other, { mask: seedsOf(5).mask }))).not.toEqual(difference);
    }
  });

  it('sees the same masked weights in every session with one model, which tells nothing more', () => {
    const [first, second] = [
      run(model, { mask: seeds.mask }),
      runWith(model, blank, 1, seedsOf(6, { mask: seeds.mask })),
    ];
    expect(second.views[1].setup).toEqual(first.views[1].setup);
  });

  it('has them if its own seed is also the mask seed', () => {
    const guess = (given: Partial<Seeds>): Words => ring.add(opened(run(model, given)), maskOfWeights(seeds.seeded));
    expect(guess({ seeded: seeds.seeded, mask: seeds.seeded })).toEqual(weightsOf(model));
    expect(guess({ seeded: seeds.seeded, mask: seeds.mask })).not.toEqual(weightsOf(model));
  });

  it('has them with the dealer’s help, against which nothing here protects', () => {
    const dealersGuess = ring.add(opened(run(model, { mask: seeds.mask })), maskOfWeights(seeds.mask));
    expect(dealersGuess).toEqual(weightsOf(model));
  });
});

describe('SecureML’s servers', () => {
  const half = tinyModel('secureml', 'scores', 'square');
  const wide = ringOf(half.plan.bits);
  const asks = question(half.plan, 1, { seed: 3 });

  it('have the question if they put their shares together, against which nothing here protects', () => {
    const [ofB, ofA] = runWith(half, asks, 1, seeds).views;
    expect(wide.add(wide.fromBytes(ofA.online[0]!), wide.fromBytes(ofB.online[0]!))).toEqual(asks);
  });

  it('have it alone with the dealer’s help: what the other opens, unmasked', () => {
    const [ofB] = runWith(half, asks, 1, seeds).views;
    const demands = demandsOf(half.plan, 1);
    // Server b has its share and F_a = X_a − A_a; the dealer knows the seed of A_a.
    const guess = (seed: Uint8Array): Words => {
      const ofA = wide.add(
        wide.fromBytes(ofB.online[1]!),
        seededSide(demands, seed).take(demands[0] as LinearDemand).a!,
      );
      return wide.add(ofA, wide.fromBytes(ofB.online[0]!));
    };
    expect(guess(seeds.seeded)).toEqual(asks);
    expect(guess(seeds.corrected)).not.toEqual(asks);
  });
});

describe('an asker that follows the protocol and asks much', () => {
  const single = (reveal: 'class' | 'scores'): Model => modelOf('chameleon', reveal, [{ kind: 'dense', units: 3 }], 7);

  /** The answers to the question of zeros and to each unit vector. */
  function answers(which: Model): Run[] {
    const { fraction } = which.plan;
    return Array.from({ length: 5 }, (_, unit) => {
      const inputs = ring.fromSigned(
        Array.from({ length: 4 }, (__, at) => (at === unit - 1 ? 1n << BigInt(fraction) : 0n)),
      );
      return runWith(which, inputs, 1, seedsOf(unit));
    });
  }

  it('has every weight of a linear model from one score vector more than there are inputs', () => {
    const which = single('scores');
    const [bias, ...units] = answers(which).map(({ answer }) => answer.scores!);
    const guess = units.flatMap((scores) => Array.from(scores, (score, at) => score - bias![at]!));
    const scale = 2 ** -which.plan.fraction;
    expect(guess).toEqual(Array.from(ring.toSigned(weightsOf(which)), (weight) => Number(weight) * scale));
  });

  it('is told no scores where the class alone is revealed', () => {
    for (const { answer } of answers(single('class'))) expect(Object.keys(answer)).toEqual(['classes']);
  });
});
