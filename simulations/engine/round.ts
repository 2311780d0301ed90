import { VirtualRoundDriver } from './driver.ts';
import type { VirtualRoundOptions, VirtualRoundResult } from './virtual-round.ts';

export type { NetworkEvents } from './network.ts';
export type { VirtualRoundOptions, VirtualRoundResult } from './virtual-round.ts';

/**
 * Runs one round to its end, in virtual time: messages take what the network says, states end when all have answered or
 * at their deadline, faults strike where the script says. The same options give the same result. It always ends, since
 * each state has a deadline.
 * @throws CairnError `settings-invalid`, `overflow-budget`, `directory-mismatch`: the round cannot be run
 */
export function runVirtualRound(options: VirtualRoundOptions): VirtualRoundResult {
  return new VirtualRoundDriver(options).run();
}
