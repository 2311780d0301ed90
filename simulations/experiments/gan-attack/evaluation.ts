import { type Dataset, subset } from '../../../training/data/index.ts';
import { evaluate, predict, Random, Tape } from '../../../training/index.ts';
import type { Images } from './data.ts';
import { generate } from './generator.ts';
import { adversaryClasses, CLASSES, honestClasses, type Scenario } from './scenario.ts';
import { generatorModel, sharedModel } from './networks.ts';
import type { AttackState } from './state.ts';

/** What a look at a federation between two rounds gives. */
export interface Look {
  /** Share of the test images of the classes that somebody holds which the global model gets right. */
  readonly accuracy: number;
  /** Share of the samples that the global model takes for the target; null before the attack. */
  readonly fooled: number | null;
  /** The generator's samples; empty before the attack. */
  readonly samples: Float32Array;
}

/** The first `count` test images of classes that somebody holds. */
function testImages({ test }: Images, scenario: Scenario, count: number): Dataset {
  const held = new Set([...honestClasses(scenario).flat(), ...adversaryClasses(scenario)]);
  const places = Array.from(test.labels.keys()).filter((i) => held.has(test.labels[i]!));
  return subset(test, places.slice(0, count));
}

/** Place of the greatest of each row of `columns` values. */
export function greatest(rows: Float32Array, columns: number): Uint8Array {
  return Uint8Array.from({ length: rows.length / columns }, (_, row) => {
    const values = rows.subarray(row * columns, (row + 1) * columns);
    return values.indexOf(values.reduce((a, b) => Math.max(a, b)));
  });
}

/** Looks at the global model and, once the attack has begun, at the generator's samples. */
export async function look(
  images: Images,
  scenario: Scenario,
  { round, global, generator, fakes }: AttackState,
  counts: { readonly samples: number; readonly testImages: number; readonly generatorWidth: number },
  seed: number,
): Promise<Look> {
  const model = sharedModel();
  const { accuracy } = await evaluate(model, global, testImages(images, scenario, counts.testImages));
  if (fakes.length === 0) return { accuracy, fooled: null, samples: new Float32Array(0) };
  const random = new Random(seed, `look behind round ${round}`);
  const drawn = { model: generatorModel(counts.generatorWidth), parameters: generator };
  const samples = generate(new Tape(), drawn, counts.samples, random);
  const taken = greatest(await predict(model, global, samples, counts.samples), CLASSES);
  return { accuracy, samples, fooled: taken.filter((label) => label === scenario.target).length / taken.length };
}
