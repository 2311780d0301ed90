import { Random, type Tape } from '../../../client/training/index.ts';
import { withTape } from '../../../client/training/run/tapes.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/native.ts';
import { type MemberId, memberId } from '../../../protocol/ids.ts';
import { type AggregationMode, type Aggregator, createAggregator } from '../../engine/aggregator.ts';
import { Seeds } from '../../laboratory/seeds.ts';
import { defineTask } from '../../laboratory/task.ts';
import type { Images } from './data.ts';
import { dealImages, relabelled, type Federation } from './federation.ts';
import { look, type Look } from './evaluation.ts';
import { generate, trainGenerator } from './generator.ts';
import { NO_MEMORY } from './lasting-adam.ts';
import { generatorModel, sharedModel } from './networks.ts';
import { localChange, type LocalTraining } from './participant.ts';
import { honestClasses, type Scenario } from './scenario.ts';
import { SCHEDULE } from './schedule.ts';
import type { AttackState } from './state.ts';
import { type NoiseBounds, uploadOf } from './upload.ts';
import { userNoise, type UserPrivacy } from './user-privacy.ts';

/** How rounds are run; the same for all scenarios of a run but for the schedule. */
interface RoundSettings extends NoiseBounds, Pick<UserPrivacy, 'delta' | 'rounds'> {
  /** Greatest norm of an upload where sums are private. */
  readonly userClip: number;
  readonly imagesPerClass: number;
  /** Channels of the generator's first image. */
  readonly generatorWidth: number;
  readonly generatorSteps: number;
  readonly generatorRate: number;
  /** Samples that the adversary adds to its data in a round, and how many rounds they stay there. */
  readonly fakes: number;
  readonly fakeRounds: number;
  readonly batchSize: number;
  /** The attack begins behind the first evaluation at which the global model is this accurate, … */
  readonly startAccuracy: number;
  /** … and in this round at the latest. */
  readonly startLatest: number;
  /** Samples of an evaluation. */
  readonly samples: number;
  /** Test images of an evaluation. */
  readonly testImages: number;
}

/** What {@link runRounds} takes. */
export interface RoundsInput {
  readonly scenario: Scenario;
  readonly settings: RoundSettings;
  readonly images: Images;
  /** Seed of the repetition: the same for all its scenarios. */
  readonly seed: number;
  /** Undefined for the first rounds. */
  readonly state: AttackState | undefined;
  /** The round to stop behind. */
  readonly until: number;
}

/** What {@link runRounds} gives. */
export interface RoundsOutput extends Look {
  readonly state: AttackState;
  /** Mean of −ln p(target) over the generator's last steps; null before the attack. */
  readonly generatorLoss: number | null;
  /** Greatest number of uploads that were longer than the aggregator's clip in one of the rounds. */
  readonly clipped: number;
  /** How often a participant sat a round out because its training diverged. */
  readonly diverged: number;
  /**
   * Greatest difference of a coordinate between the last round's sum and what it would have been in the open; null
   * where it is in the open, or private.
   */
  readonly rounding: number | null;
}

// Longer than any change of these schedules; in either mode of aggregation.
const CLIP = 4;

// Four more than usual: with the default of 16, rounding would be half a per cent of the model's norm in one round.
const INPUT_BITS = 20;

interface Run {
  readonly tape: Tape;
  readonly federation: Federation;
  readonly input: RoundsInput;
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

/** The adversary's part of a round before it trains its local model: a better generator, and new samples. */
function attack(
  { tape, input }: Run,
  state: AttackState,
  random: Random,
): Pick<AttackState, 'generator' | 'memory' | 'fakes'> & { readonly loss: number } {
  const { scenario, settings } = input;
  const model = generatorModel(settings.generatorWidth);
  const trained = trainGenerator(
    tape,
    { model, parameters: state.generator, memory: state.memory },
    { model: sharedModel(), parameters: state.global },
    {
      target: scenario.target,
      steps: settings.generatorSteps,
      batchSize: settings.batchSize,
      learningRate: settings.generatorRate,
    },
    random,
  );
  const { loss } = trained;
  // Against a model that noise has drowned a generator may diverge; its adversary goes on with the one before.
  const sound = trained.parameters.every(Number.isFinite) && trained.memory.moments.every(Number.isFinite);
  const { parameters, memory } = sound ? trained : { parameters: state.generator, memory: state.memory };
  const samples = generate(tape, { model, parameters }, settings.fakes, random);
  const fakes = new Float32Array(Math.min(state.fakes.length + samples.length, samples.length * settings.fakeRounds));
  fakes.set(samples, fakes.length - samples.length);
  if (fakes.length > samples.length)
    fakes.set(state.fakes.subarray(state.fakes.length - (fakes.length - samples.length)), 0);
  return { generator: parameters, memory, fakes, loss };
}

/** What the participants upload in a round: the adversary is the last member, whatever it uploads. */
function uploads(
  { tape, federation, input }: Run,
  { global, fakes }: AttackState,
  label: string,
): { readonly updates: Map<MemberId, Float32Array>; readonly diverged: number } {
  const { scenario, settings, seed } = input;
  const model = sharedModel();
  const schedule = SCHEDULE[scenario.participants];
  const mine = relabelled(federation.own, fakes, model.inputSize);
  const parts = [
    ...federation.honest.map((data) => ({ data, training: schedule.honest })),
    { data: mine, training: schedule.adversary },
  ];
  let diverged = 0;
  const updates = new Map(
    parts.map(({ data, training }, i) => {
      // Streams go by the first class that a participant holds, so that the others' numbers are the same where one of the
      // ten stays away. A victim of two that lost class 0 draws others than in the attack, from other images anyway.
      const name = `${label} member ${honestClasses(scenario)[i]?.[0] ?? 'adversary'}`;
      const local: LocalTraining = { ...training, batchSize: settings.batchSize };
      const change =
        data === undefined
          ? new Float32Array(global.length)
          : localChange(tape, model, global, data, local, new Random(seed, name));
      // A client does not send an update that is not finite; it sits the round out.
      if (!change.every(Number.isFinite)) {
        diverged++;
        change.fill(0);
      }
      return [memberId(i + 1), uploadOf(change, scenario, settings, new Random(seed, `${name} upload`))];
    }),
  );
  return { updates, diverged };
}

function greatestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((greatest, value, i) => Math.max(greatest, Math.abs(value - b[i])), 0);
}

/** How far a sum of secure aggregation can be from one in the open: a step of quantization for each member. */
export function roundingBound(members: number): number {
  return (members * 2 * CLIP) / 2 ** INPUT_BITS;
}

/** Runs the rounds up to `until` and evaluates behind the last. */
export const runRounds = defineTask(
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
      const { epsilon, participants } = scenario;
      const privacy = epsilon === null ? {} : { privacy: userNoise(participants, { ...settings, epsilon }) };
      const aggregatorOf = (mode: AggregationMode): Aggregator =>
        createAggregator({
          mode,
          primitives: nodePrimitives,
          random: new Seeds(nodePrimitives, 'gan-attack', seed).randomOf(`sessions from round ${state.round + 1}`),
          dimension: state.global.length,
          clip: epsilon === null ? CLIP : settings.userClip,
          settings: { inputBits: INPUT_BITS },
          ...privacy,
        });
      const aggregator = aggregatorOf(scenario.aggregation);
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
        if (scenario.aggregation === 'secure' && epsilon === null && round === until)
          rounding = greatestDifference(total.sum, aggregatorOf('plain').sum(uploaded.updates).sum);
        state = { ...state, round, global: state.global.map((value, i) => value + total.sum[i]) };
        await Promise.resolve();
      }
    });
    const seen = await look(images, scenario, state, settings, seed);
    const { startAccuracy, startLatest } = settings;
    const generatorLoss = losses.at(-1) ?? null;
    if (state.attackFrom === null && (seen.accuracy >= startAccuracy || until + 1 >= startLatest))
      state = { ...state, attackFrom: until + 1 };
    return { state, generatorLoss, clipped, diverged, rounding, ...seen };
  },
);
