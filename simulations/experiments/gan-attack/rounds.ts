import { Random } from '../../../training/index.ts';
import { withTape } from '../../../training/run/tapes.ts';
import { defineWorkerTask } from '../../laboratory/task.ts';
import { attack } from './adversary.ts';
import { look } from './evaluation.ts';
import { dealImages } from './federation.ts';
import { NO_MEMORY } from './lasting-adam.ts';
import { generatorModel, sharedModel } from './networks.ts';
import type { RoundsInput, RoundsOutput, Run } from './rounds-input.ts';
import type { AttackState } from './state.ts';
import { aggregatorOf, maxDifference } from './sums.ts';
import { uploads } from './uploads.ts';

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

/** Runs the rounds up to `until` and evaluates behind the last. */
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
    const seen = await look(images, scenario, state, settings, seed);
    const { startAccuracy, startLatest } = settings;
    const generatorLoss = losses.at(-1) ?? null;
    if (state.attackFrom === null && (seen.accuracy >= startAccuracy || until + 1 >= startLatest))
      state = { ...state, attackFrom: until + 1 };
    return { state, generatorLoss, clipped, diverged, rounding, ...seen };
  },
);
