import { type Drop, type RosterParameters, shareOf } from '../../protocol/rounds/index.ts';
import type { CairnError, ErrorCode } from '../../protocol/errors.ts';
import { type MemberId, memberId } from '../../protocol/ids.ts';

/** A member that is at fault whoever else lies, as long as no more than γn members do; where `unproven`, it seems so. */
export interface Suspect {
  readonly member: MemberId;
  readonly reason: ErrorCode;
  /** Proven by number alone: it quarrels with more members than may be liars, where they are no more than a share γ. */
  readonly counted?: boolean;
  /** Its quarrels prove it, which are not forgotten: it sits out for the time alone, however many attempts are made. */
  readonly proven?: boolean;
  /** It may be innocent: its secret does not open, for which its holders may lie. It is benched when it happens again. */
  readonly unproven?: boolean;
}

/** What one round leaves behind, from which its suspects follow. */
export interface Evidence {
  readonly parameters: RosterParameters;
  /** The share γ of members that may collude. */
  readonly colluding: number;
  /** How many gave shares. */
  readonly unmasked: number;
  readonly drops: readonly Drop[];
  /** Why there is no sum, where there is none. */
  readonly error: Pick<CairnError, 'code' | 'culprits'> | undefined;
  /** Whether the fault of its culprits is proven by signatures, for others too. */
  readonly proven: boolean;
}

/**
 * Faults of the sender alone: the message came over its own connection and carried its own signature or keys. A member
 * that names another one by such a code in an Abort is not meant.
 */
const PROVEN: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'identity-signature',
  'key-invalid',
  'key-duplicate',
  'rate-limited',
]);

/**
 * Who is at fault, by what one round has seen; what follows from several is for {@link Quarrels}. A pair of members, of whom one sealed what the other says does not open, or
 * one revealed a share that is false of the other's secret, has a liar in it, and nobody can tell which of the two. But an
 * honest member is in a pair with liars only, so a member that is in more pairs than there may be liars around it is one
 * of them. There are at most ⌊γn⌋ in all, and fewer than t among a member's neighbours, as the graph was made for.
 */
export function suspectsOf(evidence: Evidence): readonly Suspect[] {
  const { parameters, colluding, drops, error, proven } = evidence;
  // A pair shows that there is one at least.
  const liars = Math.max(1, Math.min(shareOf(parameters.n, colluding), parameters.threshold - 1));
  const found = new Map<MemberId, Suspect>();
  const add = (member: MemberId, reason: ErrorCode, counted = false): void => {
    if (!found.has(member)) found.set(member, counted ? { member, reason, counted } : { member, reason });
  };
  for (const { member, reason, blames } of drops) {
    if (PROVEN.has(reason) && blames === undefined) add(member, reason);
  }
  for (const [member, { others, reason }] of pairsIn(drops)) {
    // Of its own secret a member alone can have revealed a false share.
    const own = others.has(member);
    if (own || others.size > liars) add(member, reason, !own);
  }
  // Without a proof: with more false shares than are repaired, liars can make an honest owner look false.
  if (error?.code === 'secret-mismatch' && (proven || repaired(evidence) >= liars)) {
    for (const culprit of error.culprits) add(memberId(culprit), error.code);
  }
  // Fewer shares came than would prove it. Each session draws other neighbours, so that liars hardly name one member twice.
  if (error?.code === 'false-dealing-unproven') {
    for (const member of error.culprits.map(memberId)) {
      if (!found.has(member)) found.set(member, { member, reason: error.code, unproven: true });
    }
  }
  return [...found.values()];
}

/** Members that are in a pair with a liar in it: with whom, and why. */
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

/** False shares of one secret that decoding corrects for certain, of the least number of holders that can have answered. */
function repaired({ parameters: { n, degree, threshold }, unmasked }: Evidence): number {
  const answered = Math.max(0, degree + 1 - (n - unmasked));
  return Math.floor(Math.max(0, answered - threshold) / 2);
}
