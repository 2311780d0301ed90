import { Prg } from '../../protocol/mpc/index.ts';
import type { BlockSpeed } from '../schema.ts';
import { benchDealing } from './dealing.ts';
import { benchGarbling } from './garbling.ts';
import { benchGmw } from './gmw.ts';
import { type Effort, Meter } from './meter.ts';
import { benchPermutations } from './permutations.ts';
import { benchProducts } from './products.ts';
import { benchTransfers } from './transfers.ts';

/** What is measured, and how long. */
export interface MpcPlan extends Effort {
  /** Examples answered at once. */
  readonly batches: readonly number[];
  /** Instances of a circuit that are garbled at once. */
  readonly lanes: readonly number[];
  /** Oblivious transfers of an extension. */
  readonly transfers: number;
  /** Values of a vector of ReLUs. */
  readonly values: readonly number[];
  /** Lanes of the circuit that one party of GMW evaluates. */
  readonly gmwLanes: number;
}

/** Speeds of what private inference is built of, in this process and thread. */
export async function benchMpc(plan: MpcPlan): Promise<BlockSpeed[]> {
  const meter = new Meter(plan);
  // The same bits in every run: none of this takes longer for some bits than for others.
  const prg = new Prg(new Uint8Array(32).fill(1));
  return [
    ...(await benchPermutations(meter, prg)),
    ...benchProducts(meter, prg, plan.batches),
    ...benchGarbling(meter, prg, plan.lanes),
    ...benchTransfers(meter, prg, plan.transfers),
    ...benchGmw(meter, prg, plan.gmwLanes, plan.values),
    ...benchDealing(meter, prg, plan.batches),
  ];
}
