import { type MemberId, memberId } from '../../../protocol/ids.ts';
import {
  type Examples,
  gradients,
  type Model,
  operations,
  Random,
  sgd,
  type Tape,
  trainable,
} from '../../../training/index.ts';
import { inputBatch } from '../../../training/internal.ts';
import { chooseUpload } from '../selective-sharing/local.ts';
import { dense } from '../selective-sharing/selection.ts';
import { relabelled } from './data.ts';
import { generate, trainGenerator } from './generator.ts';
import { generatorModel, sharedModel } from './networks.ts';
import type { AttackState, RoundsInput, Run } from './state.ts';
import { honestClasses, type Scenario, SCHEDULE, type Steps } from './scenarios.ts';

/** A participant's training in a round: plain SGD, as in the paper. */
interface LocalTraining extends Steps {
  readonly batchSize: number;
}

/** Draws `count` of the places 0 … size − 1, without repetition until all have been drawn. */
function draw(count: number, size: number, random: Random): Uint32Array {
  const drawn = new Uint32Array(count);
  let order: Uint32Array = new Uint32Array(0);
  for (let i = 0; i < count; i++) {
    if (i % size === 0) order = random.shuffle(Uint32Array.from({ length: size }, (_, k) => k));
    drawn[i] = order[i % size]!;
  }
  return drawn;
}

/**
 * The change of the global parameters by a participant's steps on its own examples. It releases what it puts on the
 * tape.
 * @param data - at least one example
 */
export function localChange(
  tape: Tape,
  model: Model,
  global: Float32Array,
  data: Examples,
  { steps, batchSize, learningRate }: LocalTraining,
  random: Random,
): Float32Array {
  const start = tape.mark();
  const local = trainable(tape, model, global, sgd({ learningRate }));
  const order = draw(steps * batchSize, data.examples, random);
  const ready = tape.mark();
  for (let step = 0; step < steps; step++) {
    const indices = order.subarray(step * batchSize, (step + 1) * batchSize);
    const logits = local.forward(inputBatch(tape, model, data.inputs, indices), { training: true });
    const labels = Array.from(indices, (example) => data.labels[example]!);
    const loss = operations.softmaxCrossEntropy(logits, operations.oneHot(tape, labels, logits.shape[1]!));
    local.update(gradients(loss, local.sources));
    tape.release(ready);
  }
  const change = local.values();
  for (let i = 0; i < change.length; i++) change[i]! -= global[i]!;
  tape.release(start);
  return change;
}

/** The adversary's part of a round before it trains its local model: a better generator, and new samples. */
export function attack(
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
  // Against a model drowned in noise a generator may diverge; the adversary then continues with the previous one.
  const sound = trained.parameters.every(Number.isFinite) && trained.memory.moments.every(Number.isFinite);
  const { parameters, memory } = sound ? trained : { parameters: state.generator, memory: state.memory };
  const samples = generate(tape, { model, parameters }, settings.fakes, random);
  const fakes = new Float32Array(Math.min(state.fakes.length + samples.length, samples.length * settings.fakeRounds));
  fakes.set(samples, fakes.length - samples.length);
  if (fakes.length > samples.length)
    fakes.set(state.fakes.subarray(state.fakes.length - (fakes.length - samples.length)), 0);
  return { generator: parameters, memory, fakes, loss };
}

/**
 * The part of its change that a participant uploads, as in selective sharing: the largest θ_u of it, or with noise the
 * answers of the sparse vector technique; zero elsewhere, since a sum over sessions is dense. Without noise, changes
 * are not bounded.
 */
export function uploadOf(
  change: Float32Array,
  { thetaUpload, noise }: Pick<Scenario, 'thetaUpload' | 'noise'>,
  { gamma, tau }: Pick<RoundsInput['settings'], 'gamma' | 'tau'>,
  random: Random,
): Float32Array {
  if (noise === null && thetaUpload === 1) return change;
  const update = chooseUpload(
    change,
    { thetaUpload, epsilon: noise, selection: 'largest', tau, gamma: noise === null ? Infinity : gamma },
    random,
  );
  return dense(update, change.length);
}

/** The participants' uploads in a round: the adversary is the last member, whatever it uploads. */
export function uploads(
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
      // Streams are named after the first class that a participant holds, so that the others' numbers are the same if
      // one of the ten stays away. A victim of two that lost class 0 draws different ones than in the attack, but from
      // different images anyway.
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
