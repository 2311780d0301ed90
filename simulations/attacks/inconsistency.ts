import { nodePrimitives } from '../../protocol/crypto/node/index.ts';
import {
  encodeInvitation,
  encodeSettings,
  NO_HASH,
  type RoundSettings,
  settingsHash,
} from '../../protocol/wire/index.ts';
import type { Attack, AttackOutcome, AttackRun } from './attack.ts';
import { constantModel, LAYOUT } from './coordinator/perceptron.ts';
import { type Scene, TARGET } from './coordinator/scene.ts';
import { sumOf } from './coordinator/sums.ts';
import { TwoFacedRound } from './coordinator/two-faced.ts';
import { outcomeOf, outcomeOfDifference, refusalCodes, withScene } from './coordinator/with-scene.ts';
import { rewriting } from './open-round/lab.ts';
import { unsafeForgetting } from './weakened.ts';

// The target trains as it should, the others so that their updates are known in advance: all zeros here. If their masks
// still cancelled, the sum would be the target's update.

/** A model in which the perceptron's steps are lost to rounding, so that a client that trains it sends zeros. */
const DEAF = 2 ** 30;

interface Faces extends AttackRun {
  readonly name: string;
  /** The settings that the others are told instead. */
  readonly change: (hall: Scene) => Partial<RoundSettings>;
  /** What a hash that ignores the difference contains in its place. */
  readonly forgotten: Partial<RoundSettings>;
}

function twoFaces({ name, change, forgotten, protected: safe, seed, signal }: Faces): Promise<AttackOutcome> {
  const primitives = safe ? nodePrimitives : unsafeForgetting(forgotten);
  return withScene({ seed: `${name} ${seed}`, n: 5, primitives }, signal, async (hall) => {
    const settings = hall.settings();
    const changed = { ...settings, ...change(hall) };
    if (safe) {
      new TwoFacedRound(hall.coordinator, hall.members, (member) => (member === TARGET ? settings : changed));
      await hall.ends();
      return outcomeOf(hall, settings);
    }
    const round = hall.round(
      { down: rewriting('invitation', (mail) => (mail.member === TARGET ? mail.bytes : face(hall, changed))) },
      settings,
    );
    await hall.ends();
    const truth = hall.target.app.quantized(settings).subarray(0, LAYOUT.size);
    return outcomeOfDifference(sumOf(round).subarray(0, LAYOUT.size), truth, refusalCodes(hall));
  });
}

function face(hall: Scene, settings: RoundSettings): Uint8Array {
  const encoded = encodeSettings(settings);
  const context = settingsHash(hall.primitives, encoded);
  return encodeInvitation({ suite: settings.suite, context, settings: encoded });
}

/** The attack by models. */
export const modelInconsistency: Attack = {
  name: 'model-inconsistency',
  title: 'hands everyone but the target a model under which their updates are zero',
  attacker: 'the coordinator, alone',
  source: 'Pasquini, Francati & Ateniese, CCS 2022',
  protection: 'the model’s hash is in the settings, and their hash in the session id that salts every key',
  without: 'a hash of settings that leaves the model out',
  run: (run) =>
    twoFaces({
      ...run,
      name: 'model inconsistency',
      change: ({ coordinator }) => ({ modelHash: coordinator.publish(constantModel(DEAF)) }),
      forgotten: { modelHash: NO_HASH },
    }),
};

/** The same with settings other than the model. */
export const twoFacedCoordinator: Attack = {
  name: 'two-faced',
  title: 'tells everyone but the target to train for no epochs',
  attacker: 'the coordinator, alone',
  source: 'docs/protocol.md §6.2; after Pasquini et al., CCS 2022',
  protection: 'all settings are hashed into the session id, and advertised keys are signed for them',
  without: 'a hash of settings that leaves training options out',
  run: (run) =>
    twoFaces({
      ...run,
      name: 'two faces',
      change: () => ({ training: '{"epochs":0}' }),
      forgotten: { training: '{}' },
    }),
};
