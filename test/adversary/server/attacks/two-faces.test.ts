import { describe, expect, it } from 'vitest';
import type { RoundSettings } from '../../../../protocol/wire/settings.ts';
import { constantModel } from '../../../../simulations/attacks/coordinator/perceptron.ts';
import { SHAPES } from '../../../../simulations/attacks/coordinator/perceptron.ts';
import { type Scene, TARGET } from '../../../../simulations/attacks/coordinator/scene.ts';
import { useScenes } from '../scenes.ts';
import { TwoFacedRound } from '../../../../simulations/attacks/coordinator/two-faced.ts';
import { expectNoInput } from '../verdicts.ts';

const scene = useScenes();

const N = 5;

type Change = (hall: Scene) => Partial<RoundSettings>;

// Pasquini et al. (CCS 2022): the target trains the real model, the others one whose updates are known in advance. Were
// the masks to cancel all the same, the sum would be the target's update.
const FACES: readonly [string, Change][] = [
  ['another model', ({ coordinator }) => ({ modelHash: coordinator.publish(constantModel(1, SHAPES)) })],
  ['other training options', () => ({ training: '{"epochs":0}' })],
  ['another clip', () => ({ clip: 1 })],
  ['another greatest number of examples, and so other weights', () => ({ maxExamples: 1_000_000 })],
  ['another task', () => ({ task: 'letters' })],
  ['another nonce', () => ({ nonce: new Uint8Array(16) })],
  ['another threshold', () => ({ threshold: 5 })],
  ['another share of colluding members', () => ({ colludingPpm: 0 })],
  ['another least cohort', () => ({ minCohort: 4 })],
];

describe.each(FACES)('a coordinator that tells the others of %s than the target', (_, change) => {
  const attack = async (hall: Scene): Promise<void> => {
    const settings = hall.settings();
    const others = { ...settings, ...change(hall) };
    new TwoFacedRound(hall.coordinator, hall.members, (member) => (member === TARGET ? settings : others));
    await hall.ends();
    expectNoInput(hall);
  };

  it('is refused in an active round by everybody: advertisements are signed for their settings', async () => {
    const hall = await scene({ seed: 'faces', n: N });
    await attack(hall);
    expect(hall.target.log.of('refused')[0]!.code).toBe('identity-signature');
    expect(hall.coordinator.transcript.of('up', 'shareKeys', TARGET)).toEqual([]);
  });

  it('is refused in a curious round by everybody, too: no share opens in another session', async () => {
    const hall = await scene({ seed: 'faces curious', n: N, adversary: 'curious' });
    await attack(hall);
    expect(new Set(Object.values(await hall.ends()))).toEqual(new Set(['share-undecryptable']));
    expect(hall.coordinator.transcript.of('up', 'maskedInput')).toEqual([]);
  });
});

describe('the same hand with one face for all', () => {
  it('is believed up to the masked input: nothing but the difference made clients refuse', async () => {
    const hall = await scene({ seed: 'one face', n: N });
    const settings = hall.settings();
    new TwoFacedRound(hall.coordinator, hall.members, () => settings);
    const { transcript } = hall.coordinator;
    await hall.until(() => transcript.of('up', 'maskedInput').length === N);
    expect(hall.attempt().candidate).toBeDefined();
  });
});
