import { Random } from '../../../training/index.ts';
import { encodeUpdate, type LocalResult, type QuantizationScheme } from '../../../protocol/quantize/index.ts';
import type { RandomSource } from '../../../protocol/crypto/index.ts';
import type { MemberId } from '../../../protocol/ids.ts';
import { norm } from '../../engine/sums.ts';
import type { PoisoningSettings } from './settings.ts';
import type { Training } from './trainings.ts';

/** Attacking members: this share of all, rounded, drawn from the seed. */
export function attackersOf(members: readonly MemberId[], share: number, seed: number): ReadonlySet<MemberId> {
  const order = new Random(seed, 'attackers').shuffle(Uint32Array.from(members));
  return new Set([...order.subarray(0, Math.round(share * members.length))] as MemberId[]);
}

/**
 * What a modified client sends in place of its update, never clipped: the opposite of the update, boosted
 * (`sign-flip`), or a random direction of `noise` times the clip (`noise`). Undefined for attacks that follow the
 * protocol.
 */
export function attackerUpdate(
  attack: Training['attack'],
  { update }: LocalResult,
  { boost, noise, clip }: Pick<PoisoningSettings, 'boost' | 'noise' | 'clip'>,
  seed: number,
): Float32Array | undefined {
  if (attack === 'sign-flip') return update.map((value) => -boost * value);
  if (attack !== 'noise') return undefined;
  const random = new Random(seed, 'noise');
  const direction = Float32Array.from(update, () => 2 * random.uniform() - 1);
  const length = norm(direction);
  return direction.map((value) => (noise * clip * value) / length);
}

/**
 * The words of an unclipped update: each coordinate rounded to the honest members' grid, and limited only to the
 * modulus. The metrics are those of an honest member.
 */
export function unclippedWords(
  scheme: QuantizationScheme,
  local: LocalResult,
  update: Float32Array,
  random: RandomSource,
): Uint32Array {
  const { clip, inputBits, modulusBits, maxExamples } = scheme;
  const { values } = encodeUpdate(scheme, { ...local, update: new Float32Array(update.length) }, random);
  const weight = Math.min(local.examples, maxExamples) / maxExamples;
  const scale = (weight * (2 ** (inputBits - 1) - 1)) / clip;
  const most = 2 ** (modulusBits - 1) - 1;
  const modulus = 2 ** modulusBits;
  update.forEach((value, j) => {
    const word = Math.max(-most, Math.min(most, Math.round(value * scale)));
    values[j] = word < 0 ? word + modulus : word;
  });
  return values;
}
