// What a client consents to and who it is, whatever the scheme of a round.
import type { KeyPair } from '../crypto/keys.ts';
import type { MemberId } from '../ids.ts';
import type { MemberDirectory } from '../wire/membership.ts';
import type { RoundSettings } from '../wire/settings.ts';

/** `curious`: the coordinator follows the protocol but looks; `active`: it may send anything to any member. */
export type AdversaryClass = 'curious' | 'active';

/** Noise that a client asks for before it takes part. */
export interface MinNoise {
  /**
   * Against whom. `distributed`, the default: the clients add it, so that it also holds against the coordinator; noise
   * that the coordinator adds does not count. `central`: either counts.
   */
  readonly placement?: 'central' | 'distributed';
  /** Minimum noise multiplier: the noise's standard deviation over how far one client can move the sum. */
  readonly multiplier: number;
}

/** What a client consents to, whatever the coordinator says. Any other round is refused. */
export interface ClientPolicy {
  /** The strongest coordinator it fears. A round for a weaker one is refused. */
  readonly adversary: RoundSettings['adversary'];
  /** Share of members it believes may collude with the coordinator (γ), 0 … 1. */
  readonly colluding: number;
  /** Minimum number of inputs in a sum that includes its own. */
  readonly minCohort: number;
  /** Minimum number of shares that open a secret, besides what {@link colluding} requires. Absent or 0: none. */
  readonly minThreshold?: number;
  /**
   * Rounds within 24 hours, over all tasks, for which it trains, or sends the masked input of an update that it kept.
   * Absent or 0: no limit.
   */
  readonly maxRoundsPerDay?: number;
  /** Names of the tasks it takes part in. Absent: all. */
  readonly tasks?: readonly string[];
  /** Absent: rounds without noise are taken too. */
  readonly minNoise?: MinNoise;
  /**
   * Maximum cumulative ε of this client's rounds, as counted by this client, against the party that {@link minNoise}
   * names. Absent: no limit.
   */
  readonly maxEpsilon?: number;
  /**
   * How often it trains again from one model: the maximum `repeat` of a round that it takes part in. Absent: 2.
   */
  readonly maxRepeats?: number;
  /** Models within 24 hours that a rebase produced and from which it sends an input; 0: none. Absent: 2. */
  readonly maxRebases?: number;
  /**
   * Minimum number of members by which two sums that it signs must differ, unless they have the same members: if the
   * model has changed little, the difference of the two is nearly a sum of so few updates. The accomplices that
   * {@link colluding} assumes come on top. It holds for any two sums that the client remembers, whatever their tasks;
   * only sets from one model that differ in proven false dealers do not count. Absent, 0 or 1: any.
   */
  readonly minCohortDifference?: number;
  /**
   * Whether the coordinator is told the class of the reason why this client leaves a round (`app-failed`,
   * `update-refused`, `policy-refused`, or a limit of this policy by its name). Absent: true. See `leavingReason`.
   */
  readonly tellReason?: boolean;
}

/** Who the client is. An active round needs the identity and the directory that contains it. */
export interface ClientSelf {
  readonly member: MemberId;
  readonly identity?: KeyPair;
  readonly directory?: MemberDirectory;
}

/** ⌊share·n⌋, correct even if floating point puts an integer product just below (0.29 · 100 = 28.999…). */
export function shareOf(n: number, share: number): number {
  return Math.floor(n * share + 1e-9);
}

/** γ that a client assumes unless its policy says otherwise. A task for clients with this policy asks for no less. */
export const DEFAULT_COLLUDING = 0.2;
