import { expect } from 'vitest';
import type { MemberId } from '../../../protocol/ids.ts';
import type { RoundSettings } from '../../../protocol/wire/settings.ts';
import { equalSums } from '../../../simulations/engine/sums.ts';
import { looksUniform } from './uniform.ts';
import { beforePeaks } from '../../../simulations/attacks/coordinator/perceptron.ts';
import { type Scene, TARGET } from '../../../simulations/attacks/coordinator/scene.ts';

/** The target never sent anything that depends on its data: there is nothing to compute from. */
export function expectNoInput(scene: Scene): void {
  expect(scene.coordinator.transcript.of('up', 'maskedInput', TARGET)).toEqual([]);
  expect(scene.attempt()).toMatchObject({ candidate: undefined, sum: undefined });
}

/** The target has sent a masked input, and nothing comes out of it: what is left differs from its update by noise. */
export function expectNoise(scene: Scene, settings: RoundSettings): void {
  const { candidate, sum } = scene.attempt(settings);
  expect(sum).toBeUndefined();
  expectUniform(scene, settings, beforePeaks(candidate!));
}

/** The attacker gets the sum of just these members' updates, which it is allowed to; the target's own stays noise. */
export function expectOnlySum(scene: Scene, settings: RoundSettings, members: readonly MemberId[]): void {
  const { candidate, sum } = scene.attempt(settings);
  expect(members).toContain(TARGET);
  expect(members.length).toBeGreaterThan(1);
  expect(sum?.members).toEqual(members);
  expect(equalSums(beforePeaks(sum!.values), scene.plainSum(settings, members))).toBe(true);
  expectUniform(scene, settings, beforePeaks(candidate!));
}

/** The attack has succeeded: the target's update lies open, bit for bit. */
export function expectRecovered(scene: Scene, settings: RoundSettings): void {
  const { sum } = scene.attempt(settings);
  expect(sum?.members).toEqual([TARGET]);
  expect(equalSums(beforePeaks(sum!.values), scene.truth(settings))).toBe(true);
}

function expectUniform(scene: Scene, settings: RoundSettings, candidate: Uint32Array): void {
  const truth = scene.truth(settings);
  const { modulusBits } = settings;
  expect(looksUniform(candidate, truth, modulusBits)).toBe(true);
  expect(looksUniform(candidate, new Uint32Array(truth.length), modulusBits)).toBe(true);
  // The yardstick: the update itself, and with it any sum of a few, does not pass for noise.
  expect(looksUniform(truth, new Uint32Array(truth.length), modulusBits)).toBe(false);
}
