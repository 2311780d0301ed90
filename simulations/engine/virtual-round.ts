import type { Drop, RosterParameters, Scheme } from '../../protocol/rounds/index.ts';
import type { Primitives, RandomSource, SecretBytes } from '../../protocol/crypto/index.ts';
import type { CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { RoundSettings } from '../../protocol/wire/index.ts';
import type { Fault } from '../faults/script.ts';
import type { Deadlines, Network, NetworkEvents } from './network.ts';
import type { VirtualMembership } from './virtual-task.ts';
import type { Meter, Tally } from './meter.ts';

/** A round of virtual members through the real sessions. */
export interface VirtualRoundOptions {
  readonly primitives: Primitives;
  /** The source of members' keys, seeds and shares. */
  readonly random: RandomSource;
  readonly settings: RoundSettings;
  /** The schemes that its parties take part in. Default: secure aggregation alone. */
  readonly schemes?: readonly Scheme[];
  /** The invited members. */
  readonly members: readonly MemberId[];
  /**
   * The quantized vector of a member; its length is the model's and the metrics' coordinates. Called when the member
   * needs it; the vector is not kept.
   */
  readonly inputOf: (member: MemberId) => Uint32Array;
  /** Needed by active rounds. */
  readonly membership?: VirtualMembership;
  /** The roster closes at this many; all by default. */
  readonly target?: number;
  /** What goes wrong. Default nothing. */
  readonly faults?: readonly Fault[];
  /** Determines latencies and faults: an integer from 0 to 2^53 − 1. Default 0. */
  readonly seed?: number;
  readonly network?: Network;
  readonly deadlines?: Deadlines;
  /** Wraps each piece of work of a session and the computation of the unmask plan. */
  readonly meter?: Meter;
  /** Called with the secrets that a session gave up, once they are wiped. */
  readonly onWiped?: (secrets: readonly SecretBytes[]) => void;
}

/** How a virtual round ended. */
export interface VirtualRoundResult {
  readonly committed: boolean;
  /** The sum modulo 2^modulusBits if it committed. */
  readonly sum: Uint32Array | undefined;
  /** Members whose inputs are in the sum, ascending. */
  readonly included: readonly MemberId[];
  readonly drops: readonly Drop[];
  /** Why it ended without a sum. */
  readonly error: CairnError | undefined;
  /** Members that refused to continue, and why. */
  readonly refusals: ReadonlyMap<MemberId, CairnError>;
  /** Messages that either side did not take, in order. */
  readonly ignored: readonly CairnError[];
  /** Degree and threshold, once the roster had closed. */
  readonly parameters: RosterParameters | undefined;
  /** Bytes that arrived from, and at, each member. */
  readonly up: Tally;
  readonly down: Tally;
  /** Virtual seconds until the coordinator knew how it ended. */
  readonly seconds: number;
  readonly happened: NetworkEvents;
  /** Members still waiting for the outcome: none, unless a fault kept it from them. */
  readonly waiting: readonly MemberId[];
}
