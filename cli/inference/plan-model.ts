import {
  compile,
  type Compiled,
  type Network,
  planHash,
  quantise,
  type QuantisedLayer,
  type Reveal,
  type SystemName,
} from '../../inference/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/index.ts';
import { readInputs } from './inputs.ts';
import { readNetworkFile } from './read-network.ts';

/** What decides a plan, as the command line has it: equal flags and an equal model give equal plans. */
export interface PlanFlags {
  readonly protocol: SystemName;
  readonly network?: string;
  readonly inputRange?: readonly [low: number, high: number];
  readonly reveal?: Reveal;
  readonly fraction?: number;
  readonly ring?: 32 | 64;
  readonly calibration?: string;
}

/** A model that is ready to be served. */
export interface PlannedModel extends Compiled {
  readonly name: string;
  readonly network: Network;
  readonly hash: Uint8Array;
}

/**
 * Reads a model and makes its plan.
 * @throws CairnError of {@link readNetworkFile}, {@link readInputs}; `network-unsupported` for what the system cannot run,
 * with the systems that can
 */
export async function planModel(path: string, flags: PlanFlags): Promise<PlannedModel> {
  const { protocol: system, network: description, inputRange, reveal, fraction, ring, calibration } = flags;
  const { name, network } = await readNetworkFile(path, description, inputRange);
  const compiled = compile(network, {
    system,
    ...(reveal === undefined ? {} : { reveal }),
    ...(fraction === undefined ? {} : { fraction }),
    ...(ring === undefined ? {} : { ring }),
    ...(calibration === undefined ? {} : { calibration: await readInputs(calibration, network) }),
  });
  return { ...compiled, name, network, hash: planHash(compiled.plan) };
}

/** A model's weights in its plan's ring, and a digest of them. */
export function weightsOf({ network, plan, hash }: PlannedModel): {
  readonly layers: readonly QuantisedLayer[];
  readonly digest: Uint8Array;
} {
  const layers = quantise(network, plan);
  return { layers, digest: weightsDigest(hash, layers) };
}

/** A digest of what a dealer's file masks: it serves one set of weights. */
export function weightsDigest(planHash: Uint8Array, layers: readonly QuantisedLayer[]): Uint8Array {
  const bytes = layers.map(({ weights: { buffer, byteOffset, byteLength } }) => {
    return new Uint8Array(buffer, byteOffset, byteLength);
  });
  return nodePrimitives.sha256(planHash, ...bytes);
}
