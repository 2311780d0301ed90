/**
 * A model of one round of masking, small enough to be searched whole: masks and secrets are symbols, and what counts is
 * which of them the coordinator can take away. Members are numbers 0 … n − 1, sets of them bits of a number.
 *
 * Soundness of the abstraction: a stream under a key that the coordinator does not have looks uniform, so a combination of
 * masked inputs tells something only if every such stream cancels in it. Shamir's scheme is "t shares or nothing".
 */

/** A set of members, as bits. */
export type Members = number;

/** Number of members of a set. */
export function sizeOf(members: Members): number {
  let count = 0;
  for (let rest = members; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** Whether a member is in a set. */
export const has = (members: Members, member: number): boolean => ((members >> member) & 1) === 1;

/** The members of a set, ascending. */
export const listOf = (members: Members): number[] =>
  Array.from({ length: 32 - Math.clz32(members) }, (_, member) => member).filter((member) => has(members, member));

/** Every subset of a set. */
export function* subsetsOf(members: Members): Generator<Members> {
  for (let subset = members; ; subset = (subset - 1) & members) {
    yield subset;
    if (subset === 0) return;
  }
}

/** A roster, its graph and its parameters. */
export interface World {
  readonly roster: Members;
  /** Members of the roster that work with the coordinator. */
  readonly corrupt: Members;
  /** By member: its neighbours in the roster. */
  readonly neighbours: readonly Members[];
  /** The member at each position of the ring; undefined on the complete graph. */
  readonly ring?: readonly number[];
  /** Width of a stretch of the ring, k/2; 0 on the complete graph. */
  readonly width: number;
  /** Shares that open a secret. */
  readonly threshold: number;
  /** Fewest inputs that a client asks for in a sum. */
  readonly minCohort: number;
  /** Fewest of its neighbours and itself that a client asks for among those that shared their keys. */
  readonly minSharers: number;
  /** Fewest survivors on any two stretches of the ring; 0 switches the audit of cuts off. */
  readonly minAtTwoCuts: number;
}

/** What a world is made with besides its graph. */
export type Rules = Pick<World, 'corrupt' | 'threshold' | 'minCohort' | 'minSharers'> &
  Partial<Pick<World, 'minAtTwoCuts'>>;

/** Everyone with everyone. */
export function completeWorld(roster: Members, rules: Rules): World {
  const neighbours = Array.from({ length: 32 - Math.clz32(roster) }, (_, member) => roster & ~(1 << member));
  return { minAtTwoCuts: 0, ...rules, roster, corrupt: rules.corrupt & roster, neighbours, width: 0 };
}

/**
 * A ring of even degree, in the order of the members' numbers. The search tries every place for corrupt ones, which is what
 * other permutations would give.
 */
export function ringWorld(roster: Members, degree: number, rules: Rules): World {
  const ring = listOf(roster);
  const n = ring.length;
  const width = degree / 2;
  const neighbours: Members[] = [];
  ring.forEach((member, at) => {
    let found = 0;
    for (let step = 1; step <= width; step++)
      found |= (1 << ring[(at + step) % n]!) | (1 << ring[(at + n - step) % n]!);
    neighbours[member] = found;
  });
  return { minAtTwoCuts: 0, ...rules, roster, corrupt: rules.corrupt & roster, neighbours, ring, width };
}

/** What the coordinator does in one session. */
export interface Session {
  /** Honest members whose masked input it gets. */
  readonly senders: Members;
  /** Per member: the neighbours of which it is told that they shared their keys. The lists need not agree. */
  readonly present: readonly Members[];
  /** Per member: the survivor set that it is shown; 0 for none. */
  readonly shown: readonly Members[];
  /** Honest members that are asked for their shares. */
  readonly asked: Members;
  /** Whose signatures count: all of the roster, or the witnesses of this session. */
  readonly witnesses: Members;
}

/** Whether a client sends its input: enough of those that it shares with have shared their keys, as it is told. */
export const sends = ({ minSharers }: World, present: readonly Members[], member: number): boolean =>
  sizeOf(present[member]! | (1 << member)) >= minSharers;

/** Whether a client that is shown this set takes it: its own checks, which need no other client. */
export function audits(world: World, { present }: Pick<Session, 'present'>, member: number, set: Members): boolean {
  const { neighbours, threshold, minCohort } = world;
  if (!has(set, member) || sizeOf(set) < minCohort) return false;
  if ((set & neighbours[member]! & ~present[member]!) !== 0) return false;
  if (sizeOf(set & (present[member]! | (1 << member))) < threshold) return false;
  return survivesCuts(world, set);
}

function survivesCuts({ ring, width, minAtTwoCuts }: World, set: Members): boolean {
  if (ring === undefined || minAtTwoCuts === 0) return true;
  const n = ring.length;
  const stretches = ring.map((_, start) => {
    let members = 0;
    for (let step = 0; step < width; step++) members |= 1 << ring[(start + step) % n]!;
    return members;
  });
  return stretches.every((one, i) =>
    stretches.every((other, j) => {
      const apart = (j - i + n) % n;
      return apart < width || apart > n - width || sizeOf(set & (one | other)) >= minAtTwoCuts;
    }),
  );
}

/** Who must have signed a set before a client reveals its shares. */
export type Quorum =
  /** So many of the witnesses that are in the set, over the whole set. `committee`: their number, if not everyone is one. */
  | { readonly of: 'witnesses'; readonly least: number; readonly committee?: number }
  /** So many of the client's neighbours and itself, as before witnesses. */
  | { readonly of: 'neighbours'; readonly least: number };

/** The members that reveal their shares: those that take what they are shown, and are shown enough signatures over it. */
export function revealing(world: World, session: Session, quorum: Quorum): Members {
  const { corrupt, neighbours } = world;
  const signed = session.shown.map((set, member) =>
    has(session.senders, member) && set !== 0 && audits(world, session, member, set) ? set : 0,
  );
  let found = 0;
  for (const member of listOf(session.senders)) {
    const set = signed[member]!;
    if (set === 0) continue;
    const heard = set & (quorum.of === 'witnesses' ? session.witnesses : neighbours[member]! | (1 << member));
    let signatures = sizeOf(heard & corrupt);
    for (const other of listOf(heard & ~corrupt)) if (signed[other] === set) signatures++;
    if (signatures >= quorum.least) found |= 1 << member;
  }
  return found & session.asked;
}

/**
 * The sums that open: sets of honest members whose masks the coordinator can take away together. No smaller combination of
 * this session's inputs tells anything, since in it the mask of some pair would be left.
 */
export function openedSums(world: World, session: Session, revealed: Members): Members[] {
  const { roster, corrupt, neighbours, threshold } = world;
  const { senders, present, shown } = session;
  const self: boolean[] = [];
  const pair: boolean[] = [];
  for (const owner of listOf(roster & ~corrupt)) {
    const spies = sizeOf(neighbours[owner]! & corrupt);
    let ofSeed = spies;
    let ofMask = spies;
    for (const holder of listOf(revealed & (neighbours[owner]! | (1 << owner)))) {
      if (holder !== owner && !has(present[holder]!, owner)) continue;
      if (has(shown[holder]!, owner)) ofSeed++;
      else ofMask++;
    }
    self[owner] = ofSeed >= threshold;
    pair[owner] = ofMask >= threshold;
  }
  const masksWith = (member: number): Members => {
    if (pair[member]) return 0;
    let unknown = 0;
    for (const other of listOf(present[member]! & ~corrupt)) if (!pair[other]) unknown |= 1 << other;
    return unknown;
  };
  return componentsOf(senders, (member) => {
    const others = masksWith(member);
    // A mask whose other end is in no input, or not masked with there, stays in every sum of this one.
    const cancels = listOf(others).every((other) => has(senders, other) && has(masksWith(other), member));
    return cancels && self[member] ? others : undefined;
  });
}

/** Connected parts of which every member is linked (not undefined). */
function componentsOf(members: Members, linked: (member: number) => Members | undefined): Members[] {
  const found: Members[] = [];
  for (let rest = members; rest !== 0;) {
    let part = rest & -rest;
    let open = true;
    for (let todo = part; todo !== 0;) {
      const member = 31 - Math.clz32(todo);
      todo &= ~(1 << member);
      const links = linked(member);
      if (links === undefined) {
        open = false;
        continue;
      }
      todo |= links & ~part;
      part |= links;
    }
    rest &= ~part;
    if (open) found.push(part);
  }
  return found;
}
