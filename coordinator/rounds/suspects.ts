import { type Drop, type RosterParameters, shareOf } from '../../protocol/rounds/index.ts';
import type { CairnError, ErrorCode } from '../../protocol/errors.ts';
import { type MemberId, memberId } from '../../protocol/ids.ts';

/** A member that is at fault no matter who else lies, if at most γn members do; if `unproven`, it only seems to be. */
export interface Suspect {
  readonly member: MemberId;
  readonly reason: ErrorCode;
  /**
   * Proven by number alone: it quarrels with more members than may be liars, provided that these are at most a share γ.
   */
  readonly counted?: boolean;
  /**
   * Proven by its quarrels, which are not forgotten: it sits out for the time alone, however many attempts are made.
   */
  readonly proven?: boolean;
  /**
   * It may be innocent: its secret does not open, about which its holders may lie. It is excluded if that happens
   * again.
   */
  readonly unproven?: boolean;
}

/** What one round leaves behind, from which its suspects follow. */
export interface Evidence {
  readonly parameters: RosterParameters;
  /** The share γ of members that may collude. */
  readonly colluding: number;
  /** How many members gave shares. */
  readonly unmasked: number;
  readonly drops: readonly Drop[];
  /** Why there is no sum; undefined if there is one. */
  readonly error: Pick<CairnError, 'code' | 'culprits'> | undefined;
  /** Whether signatures prove its culprits' fault, to others too. */
  readonly proven: boolean;
}

/**
 * Faults of the sender alone: the message came over its connection and carried its signature or keys. This does not
 * include a member that names another one with such a code in an Abort.
 */
const PROVEN: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'identity-signature',
  'key-invalid',
  'key-duplicate',
  'rate-limited',
]);

/**
 * Which members are at fault, by the evidence of one round; what follows from several is for {@link Quarrels}. A pair
 * of members, of which one sealed what the other says does not open, or one revealed a false share of the other's
 * secret, contains a liar, and no other party can tell which. But an honest member is in pairs only with liars, so a
 * member in more pairs than there may be liars around it is a liar. There are at most ⌊γn⌋ in all, and fewer than t
 * among a member's neighbours, by the graph's construction.
 */
export function suspectsOf(evidence: Evidence): readonly Suspect[] {
  const { parameters, colluding, drops, error, proven } = evidence;
  // A pair shows that there is at least one.
  const liars = Math.max(1, Math.min(shareOf(parameters.n, colluding), parameters.threshold - 1));
  const found = new Map<MemberId, Suspect>();
  const add = (member: MemberId, reason: ErrorCode, counted = false): void => {
    if (!found.has(member)) found.set(member, counted ? { member, reason, counted } : { member, reason });
  };
  for (const { member, reason, blames } of drops) {
    if (PROVEN.has(reason) && blames === undefined) add(member, reason);
  }
  for (const [member, { others, reason }] of pairsIn(drops)) {
    // Only the member itself can have revealed a false share of its own secret.
    const own = others.has(member);
    if (own || others.size > liars) add(member, reason, !own);
  }
  // Without a proof: with more false shares than can be corrected, liars can make an honest owner look false.
  if (error?.code === 'secret-mismatch' && (proven || repaired(evidence) >= liars)) {
    for (const culprit of error.culprits) add(memberId(culprit), error.code);
  }
  // Too few shares came to prove it. Each session draws different neighbours, so liars can hardly name one member
  // twice.
  if (error?.code === 'false-dealing-unproven') {
    for (const member of error.culprits.map(memberId)) {
      if (!found.has(member)) found.set(member, { member, reason: error.code, unproven: true });
    }
  }
  return [...found.values()];
}

/** Members in a pair that contains a liar: the others in their pairs, and the reason. */
function pairsIn(
  drops: readonly Drop[],
): Map<MemberId, { readonly others: Set<MemberId>; readonly reason: ErrorCode }> {
  const pairs = new Map<MemberId, { readonly others: Set<MemberId>; readonly reason: ErrorCode }>();
  const add = (member: MemberId, other: MemberId, reason: ErrorCode): void => {
    const known = pairs.get(member) ?? { others: new Set(), reason };
    pairs.set(member, known);
    known.others.add(other);
  };
  for (const { member, reason, blames = [], owners = [] } of drops) {
    const others = reason === 'share-undecryptable' ? blames : reason === 'share-false' ? owners : [];
    for (const other of others) {
      add(member, other, reason);
      if (other !== member) add(other, member, reason);
    }
  }
  return pairs;
}

/**
 * False shares of one secret that decoding is certain to correct, with the smallest number of holders that can have
 * answered.
 */
function repaired({ parameters: { n, degree, threshold }, unmasked }: Evidence): number {
  const answered = Math.max(0, degree + 1 - (n - unmasked));
  return Math.floor(Math.max(0, answered - threshold) / 2);
}
