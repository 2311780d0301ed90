import { nodePrimitives } from '../../../protocol/crypto/node/index.ts';
import { type Dataset, subset } from '../../../training/data/index.ts';
import { evaluate, predict, Random, Tape } from '../../../training/index.ts';
import { withTape } from '../../../training/internal.ts';
import { type AggregationMode, type Aggregator, createAggregator } from '../../engine/aggregator.ts';
import { Seeds } from '../../laboratory/seeds.ts';
import { defineWorkerTask } from '../../laboratory/worker.ts';
import { dealImages, type Images } from './data.ts';
import { generate, NO_MEMORY } from './generator.ts';
import { CLASSES, generatorModel, largestOfRows, sharedModel } from './networks.ts';
import { attack, uploads } from './participants.ts';
import { adversaryClasses, honestClasses, type Scenario } from './scenarios.ts';
import type { AttackState, Look, RoundsInput, RoundsOutput, Run } from './state.ts';
import { userNoise } from './settings.ts';

// Longer than any change in these schedules, in either mode of aggregation.
const CLIP = 4;

// Four more than usual: with the default of 16, rounding would be half a per cent of the model's norm in one round.
const INPUT_BITS = 20;

/** Sums the uploads of the rounds after a state. */
function aggregatorOf(
  { scenario, settings, seed }: Pick<RoundsInput, 'scenario' | 'settings' | 'seed'>,
  { round, global }: AttackState,
  mode: AggregationMode = scenario.aggregation,
): Aggregator {
  const { epsilon, participants } = scenario;
  return createAggregator({
    mode,
    primitives: nodePrimitives,
    random: new Seeds(nodePrimitives, 'gan-attack', seed).randomOf(`sessions from round ${round + 1}`),
    dimension: global.length,
    clip: epsilon === null ? CLIP : settings.userClip,
    settings: { inputBits: INPUT_BITS },
    ...(epsilon === null ? {} : { privacy: userNoise(participants, { ...settings, epsilon }) }),
  });
}

/** Maximum difference between a sum of secure aggregation and one in the open: one quantization step per member. */
export function roundingBound(members: number): number {
  return (members * 2 * CLIP) / 2 ** INPUT_BITS;
}

/** The maximum difference of a coordinate. */
function maxDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((greatest, value, i) => Math.max(greatest, Math.abs(value - b[i]!)), 0);
}

/** The first `count` test images of classes that a participant holds. */
function testImages({ test }: Images, scenario: Scenario, count: number): Dataset {
  const held = new Set([...honestClasses(scenario).flat(), ...adversaryClasses(scenario)]);
  const places = Array.from(test.labels.keys()).filter((i) => held.has(test.labels[i]!));
  return subset(test, places.slice(0, count));
}

/** Evaluates the global model and, once the attack has begun, the generator's samples. */
async function evaluateRound(
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
  const taken = largestOfRows(await predict(model, global, samples, counts.samples), CLASSES);
  return { accuracy, samples, fooled: taken.filter((label) => label === scenario.target).length / taken.length };
}

/** The state before the first round. */
export function firstState(seed: number, generatorWidth: number): AttackState {
  return {
    round: 0,
    attackFrom: null,
    global: sharedModel().initialise(new Random(seed, 'global').next()),
    generator: generatorModel(generatorWidth).initialise(new Random(seed, 'generator').next()),
    memory: NO_MEMORY,
    fakes: new Float32Array(0),
  };
}

/** Runs the rounds up to `until` and evaluates after the last. */
export const runRounds = defineWorkerTask(
  import.meta.url,
  'runRounds',
  async (input: RoundsInput, signal): Promise<RoundsOutput> => {
    const { scenario, settings, images, seed, until } = input;
    const federation = dealImages(images, scenario, settings.imagesPerClass, seed);
    let state = input.state ?? firstState(seed, settings.generatorWidth);
    const losses: number[] = [];
    let clipped = 0;
    let diverged = 0;
    let rounding: number | null = null;
    await withTape(undefined, async (tape) => {
      const run: Run = { tape, federation, input };
      const aggregator = aggregatorOf(input, state);
      while (state.round < until) {
        signal.throwIfAborted();
        const round = state.round + 1;
        if (state.attackFrom !== null && state.attackFrom <= round) {
          const { loss, ...mine } = attack(run, state, new Random(seed, `round ${round} generator`));
          if (Number.isFinite(loss)) losses.push(loss);
          state = { ...state, ...mine };
        }
        const uploaded = uploads(run, state, `round ${round}`);
        diverged += uploaded.diverged;
        const total = aggregator.sum(uploaded.updates);
        clipped = Math.max(clipped, total.clipped);
        if (scenario.aggregation === 'secure' && scenario.epsilon === null && round === until)
          rounding = maxDifference(total.sum, aggregatorOf(input, state, 'plain').sum(uploaded.updates).sum);
        state = { ...state, round, global: state.global.map((value, i) => value + total.sum[i]!) };
        await Promise.resolve();
      }
    });
    const seen = await evaluateRound(images, scenario, state, settings, seed);
    const { startAccuracy, startLatest } = settings;
    const generatorLoss = losses.at(-1) ?? null;
    if (state.attackFrom === null && (seen.accuracy >= startAccuracy || until + 1 >= startLatest))
      state = { ...state, attackFrom: until + 1 };
    return { state, generatorLoss, clipped, diverged, rounding, ...seen };
  },
);
