import type { Random } from '../../../training/index.ts';
import { generate, trainGenerator } from './generator.ts';
import { generatorModel, sharedModel } from './networks.ts';
import type { Run } from './rounds-input.ts';
import type { AttackState } from './state.ts';

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
