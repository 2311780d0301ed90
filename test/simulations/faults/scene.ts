import { vectorLength } from '../../../protocol/quantize/index.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/native.ts';
import type { SecretBytes } from '../../../protocol/crypto/secret.ts';
import type { MemberId } from '../../../protocol/ids.ts';
import type { RoundSettings } from '../../../protocol/wire/settings.ts';
import { firstMembers, virtualMembership, virtualSettings } from '../../../simulations/engine/virtual-task.ts';
import type { Network } from '../../../simulations/engine/network.ts';
import { runVirtualRound, type VirtualRoundResult } from '../../../simulations/engine/round.ts';
import { equalSums, plainSum } from '../../../simulations/engine/plain-sums.ts';
import { type FaultScript, readFaults } from '../../../simulations/faults/script.ts';
import { seeded } from '../../../simulations/attacks/open-round/lab.ts';

/** A round to try faults on. */
export interface Scene {
  readonly n?: number;
  readonly adversary?: 'curious' | 'active';
  readonly seed?: number;
  readonly network?: Network;
  readonly settings?: Partial<RoundSettings>;
}

/** Every message takes a tenth of a second. */
export const STEADY: Network = { latency: 0.1, grace: 3 };

/** How a round under faults ended, and whether its sum is the plain one; undefined where there is none. */
export interface Outcome extends VirtualRoundResult {
  readonly exact: boolean | undefined;
  readonly unwiped: number;
}

/** Runs a round under a script of faults, and holds its sum against the plain one. */
export function under(script: FaultScript, scene: Scene = {}): Outcome {
  const { n = 8, adversary = 'curious', seed = 1, network = STEADY } = scene;
  const random = seeded(`faults ${seed}`);
  const membership = adversary === 'active' ? virtualMembership(nodePrimitives, random, n) : undefined;
  const settings = virtualSettings(random, {
    adversary,
    ...(membership === undefined ? {} : { directoryHash: membership.directory.hash }),
    ...scene.settings,
  });
  const inputOf = (member: MemberId): Uint32Array => {
    const bytes = seeded(`input ${member}`)(4 * vectorLength(settings));
    return new Uint32Array(bytes.buffer, 0, vectorLength(settings)).slice();
  };
  const secrets: SecretBytes[] = [];
  const result = runVirtualRound({
    primitives: nodePrimitives,
    random,
    settings,
    members: firstMembers(n),
    inputOf,
    faults: readFaults(script),
    seed,
    network,
    onWiped: (wiped) => secrets.push(...wiped),
    ...(membership === undefined ? {} : { membership }),
  });
  return {
    ...result,
    exact: result.sum === undefined ? undefined : equalSums(result.sum, plainSum(settings, result.included, inputOf)),
    unwiped: secrets.filter((secret) => !secret.forTestingIsZero()).length,
  };
}

/** The ids of members who were dropped, each with state and reason, ascending. */
export const dropsOf = ({ drops }: VirtualRoundResult): string[] =>
  [...drops].sort((a, b) => a.member - b.member).map(({ member, state, reason }) => `${member} ${state} ${reason}`);
