import { nodePrimitives } from '../../../protocol/crypto/node/native.ts';
import { type AggregationMode, type Aggregator, createAggregator } from '../../engine/aggregator.ts';
import { Seeds } from '../../laboratory/seeds.ts';
import type { RoundsInput } from './rounds-input.ts';
import type { AttackState } from './state.ts';
import { userNoise } from './user-privacy.ts';

// Longer than any change of these schedules; in either mode of aggregation.
const CLIP = 4;

// Four more than usual: with the default of 16, rounding would be half a per cent of the model's norm in one round.
const INPUT_BITS = 20;

/** Sums the uploads of the rounds behind a state. */
export function aggregatorOf(
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

/** How far a sum of secure aggregation can be from one in the open: a step of quantization for each member. */
export function roundingBound(members: number): number {
  return (members * 2 * CLIP) / 2 ** INPUT_BITS;
}

/** The greatest difference of a coordinate. */
export function maxDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((greatest, value, i) => Math.max(greatest, Math.abs(value - b[i]!)), 0);
}
