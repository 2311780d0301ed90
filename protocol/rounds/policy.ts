// What a client consents to and who it is, whatever the scheme of a round.
import type { KeyPair } from '../crypto/keys.ts';
import type { MemberId } from '../ids.ts';
import type { MemberDirectory } from '../wire/membership.ts';
import type { RoundSettings } from '../wire/settings.ts';

/** `curious`: the coordinator follows the protocol and looks; `active`: it may send anything to any member. */
export type AdversaryClass = 'curious' | 'active';

/** Noise that a client asks for before it takes part. */
export interface MinNoise {
  /**
   * Against whom. `distributed`, the default: the clients add it, so that it also holds against the coordinator; noise
   * that the coordinator adds does not count. `central`: either counts.
   */
  readonly placement?: 'central' | 'distributed';
  /** Least noise multiplier: the noise's standard deviation over what one client can move the sum by. */
  readonly multiplier: number;
}

/** What a client consents to, whatever the coordinator says. A round outside of it is refused. */
export interface ClientPolicy {
  /** The strongest coordinator it fears. A round for a weaker one is refused. */
  readonly adversary: RoundSettings['adversary'];
  /** Share of members it believes may collude with the coordinator (γ), 0 … 1. */
  readonly colluding: number;
  /** Least number of inputs that a sum with its own may have. */
  readonly minCohort: number;
  /** Least number of shares that open a secret, beside what {@link colluding} makes the least sound one. Absent or 0: none. */
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
   * Greatest ε that all rounds of this client may come to, by its own count, against whom {@link minNoise} names. Absent:
   * no limit.
   */
  readonly maxEpsilon?: number;
  /**
   * How often it trains anew from one model: the greatest `repeat` of a round that it takes part in. Absent: 2.
   */
  readonly maxRepeats?: number;
  /** Models within 24 hours that a rebase gave and from which it sends an input; 0: none. Absent: 2. */
  readonly maxRebases?: number;
  /**
   * Least number of members by which two sums that it signs must differ, unless they have the same members: the
   * difference of the two is nearly a sum of so few updates where the model has moved by little. Those whom
   * {@link colluding} takes for accomplices come on top. It holds for any two sums that the client remembers, whatever
   * their tasks; only sets from one model that differ in proven false dealers do not count. Absent, 0 or 1: any.
   */
  readonly minCohortDifference?: number;
  /**
   * Whether the coordinator hears of which class the reason is for which this client leaves a round (`app-failed`,
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
