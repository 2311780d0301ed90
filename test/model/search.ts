import { fewestExposed, type Sum } from './knowledge.ts';
import {
  audits,
  has,
  listOf,
  type Members,
  openedSums,
  type Quorum,
  revealing,
  sends,
  type Session,
  sizeOf,
  subsetsOf,
  type World,
} from './world.ts';

/** What clients remember from session to session, and hold the next one against. Each can be taken out. */
export interface Memory {
  /**
   * One survivor set for each model. `whole`: noted before it is signed; afterwards an input is sent only where the roster is
   * that set and the settings ask for every one of its inputs. `roster`: the same without the settings. `signature`: noted
   * before it is signed, and compared with sets alone. `revealing`: noted when shares are revealed. `difference`: as
   * `revealing`, and sets are taken that differ in two members beside possible accomplices. `none`: not at all.
   */
  readonly sets: 'whole' | 'roster' | 'signature' | 'revealing' | 'difference' | 'none';
  /**
   * What a client sends when it is asked again. `by-repeat`: one input for each value of `repeat` in the settings, which is
   * the same for all members of a session and never falls. `trained-anew`: whatever the coordinator makes it train.
   */
  readonly inputs: 'by-repeat' | 'trained-anew';
  /** Members proven to have dealt falsely: `exact` sets them aside, and nobody else; `loose` one more with them. */
  readonly proofs: 'none' | 'exact' | 'loose';
}

/** A search: who is there, how rosters become worlds, how often the coordinator tries. */
export interface Question {
  readonly members: Members;
  readonly corrupt: Members;
  /** The world of a roster; undefined where no client takes so small a one. */
  readonly worldOf: (roster: Members) => World | undefined;
  readonly quorumOf: (world: World) => Quorum;
  readonly memory: Memory;
  /** Sessions from one model: the first and its repeats. */
  readonly sessions: number;
  /** Different survivor sets that are shown within one session. */
  readonly faces: 1 | 2;
  /** The sets that are shown; any where it is left out. */
  readonly shownSets?: readonly Members[];
  /** Greatest value of `repeat` that clients take. */
  readonly maxRepeats: number;
  /** Members whose app trains the same input whatever `repeat` is. */
  readonly unchanging?: Members;
}

/** What a search found. */
export interface Answer {
  /** Different states of what clients remember and the coordinator knows. */
  readonly states: number;
  /** Sessions that were played from them. */
  readonly played: number;
  /** Fewest honest members whose inputs a combination of opened sums depends on. */
  readonly exposed: number;
}

/** What clients remember and the coordinator knows. */
interface State {
  /** By member, the set that it is bound to; 0 for none. */
  readonly bound: readonly Members[];
  /** By member, 1 + the version of the input that it sent last; 0 for none. */
  readonly versions: readonly number[];
  readonly sums: readonly Sum[];
}

/**
 * Plays every choice of the coordinator: the roster, who is said to have dropped out and to whom, who is shown which set,
 * who trains anew. A session that opens no sum is not followed: it leaves the coordinator what it had, and clients bound to
 * more sets than before, so that whatever it does afterwards it could have done without it.
 * @param enough stop as soon as so few members are exposed
 */
export function search(question: Question, enough = 0): Answer {
  const honest = question.members & ~question.corrupt;
  const none = listOf(question.members).map(() => 0);
  let level = new Map<string, State>();
  const start: State = { bound: none, versions: none, sums: [] };
  level.set(keyOf(start), start);
  const seen = new Set(level.keys());
  let played = 0;
  let exposed = Infinity;
  for (let round = 0; round < question.sessions; round++) {
    const next = new Map<string, State>();
    for (const state of level.values()) {
      for (const after of successors(question, state)) {
        played++;
        if (after === undefined) continue;
        const key = keyOf(after);
        if (seen.has(key)) continue;
        seen.add(key);
        next.set(key, after);
        exposed = Math.min(exposed, fewestExposed(after.sums, honest));
        if (exposed <= enough) return { states: seen.size, played, exposed };
      }
    }
    level = next;
  }
  return { states: seen.size, played, exposed };
}

const keyOf = ({ bound, versions, sums }: State): string =>
  `${bound.join()}|${versions.join()}|${sums
    .map((sum) => sum.join())
    .sort()
    .join(';')}`;

function* successors(question: Question, state: State): Generator<State | undefined> {
  const { members, corrupt, memory } = question;
  for (const roster of subsetsOf(members)) {
    const any = question.worldOf(roster);
    if (any === undefined) continue;
    // The settings may ask for every input of the roster: then no client takes a smaller set.
    const worlds = memory.sets === 'whole' ? [any, { ...any, minCohort: sizeOf(roster) }] : [any];
    for (const world of worlds) {
      const willing = listOf(roster & ~corrupt).filter((member) => sendsIn(question, world, state.bound[member]!));
      const senders = willing.reduce((all, member) => all | (1 << member), 0);
      const present = world.neighbours.map((all) => all & (senders | world.corrupt));
      // All are told the same here, so either all of them send or none does.
      if (willing.every((member) => sends(world, present, member)))
        yield* sessionsOf(question, state, world, present, senders);
    }
  }
}

function* sessionsOf(
  question: Question,
  state: State,
  world: World,
  present: readonly Members[],
  senders: Members,
): Generator<State | undefined> {
  const quorum = question.quorumOf(world);
  for (const shown of showings(question, world, present, senders)) {
    if (!shown.every((set, member) => set === 0 || takesSet(question, state.bound[member]!, set))) continue;
    for (const choice of askings(question, quorum, world, shown)) {
      const session: Session = { senders, present, shown, ...choice };
      const revealed = revealing(world, session, quorum);
      const opened = revealed === 0 ? [] : openedSums(world, session, revealed);
      if (opened.length === 0) {
        yield undefined;
        continue;
      }
      for (const versions of trainings(question, state, senders))
        yield advanced(question, state, session, revealed, opened, versions);
    }
  }
}

/**
 * Whose signatures count, and who is asked for shares. Where some are witnesses, they are those that the coordinator would
 * like best: it may try rosters until they are. Where a set is noted before it is signed, to ask everyone costs it nothing;
 * where it is noted when shares are revealed, it may ask as few as it needs.
 */
function* askings(
  { memory }: Question,
  quorum: Quorum,
  { roster, corrupt }: World,
  shown: readonly Members[],
): Generator<Pick<Session, 'asked' | 'witnesses'>> {
  const told = shown.reduce((all, set, member) => (set === 0 ? all : all | (1 << member)), 0);
  const size = quorum.of === 'witnesses' ? (quorum.committee ?? sizeOf(roster)) : sizeOf(roster);
  const preferred = [...listOf(told | corrupt), ...listOf(roster & ~told & ~corrupt)];
  const witnesses = preferred.slice(0, size).reduce((all, member) => all | (1 << member), 0);
  const late = memory.sets === 'revealing' || memory.sets === 'difference';
  for (const asked of late ? subsetsOf(told) : [told]) yield { asked, witnesses };
}

/** What may stand in the place of a set that a client is bound to. */
function standsFor({ corrupt, memory }: Question, bound: Members, other: Members): boolean {
  if (bound === other) return true;
  const left = bound & ~other;
  if (memory.proofs === 'none' || (other & ~bound) !== 0 || (left & corrupt) === 0) return false;
  return sizeOf(left & ~corrupt) <= (memory.proofs === 'loose' ? 1 : 0);
}

/** Whether a member that is bound to this set sends its input in such a session. */
function sendsIn(question: Question, { roster, minCohort }: World, bound: Members): boolean {
  const { sets } = question.memory;
  if (bound === 0 || (sets !== 'whole' && sets !== 'roster')) return true;
  return standsFor(question, bound, roster) && (sets === 'roster' || minCohort === sizeOf(roster));
}

function takesSet(question: Question, bound: Members, set: Members): boolean {
  if (question.memory.sets === 'none' || bound === 0) return true;
  if (standsFor(question, bound, set)) return true;
  if (question.memory.sets !== 'difference') return false;
  return sizeOf(bound ^ set) >= 2 + 2 * sizeOf(question.corrupt);
}

/** Every way to show up to `faces` different sets to the members whose input came, as the clients' own checks allow. */
function* showings(
  { faces, shownSets }: Question,
  world: World,
  present: readonly Members[],
  senders: Members,
): Generator<Members[]> {
  const possible = shownSets ?? [...subsetsOf(senders | world.corrupt)];
  const sets = possible.filter((set) => sizeOf(set) >= world.minCohort);
  const members = listOf(senders);
  for (const [i, first] of sets.entries()) {
    const others = faces === 1 ? [undefined] : [undefined, ...sets.slice(i + 1)];
    for (const second of others) {
      const choices = members.map((member) =>
        [0, first, second].filter(
          (set): set is number => set !== undefined && (set === 0 || audits(world, { present }, member, set)),
        ),
      );
      const shown = world.neighbours.map(() => 0);
      yield* combinations(
        choices,
        (at, set) => (shown[members[at]!] = set),
        () => [...shown],
      );
    }
  }
}

function* combinations<T>(
  choices: readonly (readonly Members[])[],
  set: (at: number, value: Members) => void,
  result: () => T,
  at = 0,
): Generator<T> {
  if (at === choices.length) {
    yield result();
    return;
  }
  for (const value of choices[at]!) {
    set(at, value);
    yield* combinations(choices, set, result, at + 1);
  }
}

/** Which versions the senders send, counted from 1, with those of the others as they were. */
function* trainings(
  { memory, maxRepeats }: Question,
  { versions }: State,
  senders: Members,
): Generator<readonly number[]> {
  const newest = Math.max(1, ...versions.filter((_, member) => has(senders, member)));
  if (memory.inputs === 'by-repeat') {
    for (let version = newest; version <= maxRepeats + 1; version++)
      yield versions.map((known, member) => (has(senders, member) ? version : known));
    return;
  }
  const first = versions.map((version, member) => (has(senders, member) ? Math.max(1, version) : version));
  for (const anew of subsetsOf(senders))
    yield first.map((version, member) => (has(anew, member) && versions[member]! > 0 ? version + 1 : version));
}

function advanced(
  { memory, unchanging = 0 }: Question,
  state: State,
  { shown, senders }: Session,
  revealed: Members,
  opened: readonly Members[],
  versions: readonly number[],
): State {
  const early = memory.sets !== 'revealing' && memory.sets !== 'difference';
  const bound = state.bound.map((set, member) => {
    const notes = early ? shown[member] !== 0 : has(revealed, member);
    return memory.sets !== 'none' && notes && has(senders, member) ? shown[member]! : set;
  });
  const sums = new Map(state.sums.map((sum) => [sum.join(), sum]));
  for (const part of opened) {
    const sum = versions.map((version, member) => {
      if (!has(part, member)) return -1;
      return has(unchanging, member) ? 0 : version - 1;
    });
    sums.set(sum.join(), sum);
  }
  return { bound, versions, sums: [...sums.values()] };
}

/** For each member, the neighbours of which it is told that they shared their keys. */
type Lists = readonly Members[];

/** Every way in which lists may disagree: each pair of honest neighbours masks at both ends, at neither, or at one. */
export function* allLists({ roster, corrupt, neighbours }: World): Generator<Lists> {
  const honest = roster & ~corrupt;
  const pairs = listOf(honest).flatMap((one) =>
    listOf(neighbours[one]! & honest)
      .filter((other) => one < other)
      .map((other) => [one, other] as const),
  );
  for (let choice = 0; choice < 4 ** pairs.length; choice++) {
    const present = neighbours.map((all) => all & corrupt);
    pairs.forEach(([one, other], at) => {
      if (((choice >> (2 * at)) & 1) === 1) present[one]! |= 1 << other;
      if (((choice >> (2 * at + 1)) & 1) === 1) present[other]! |= 1 << one;
    });
    yield present;
  }
}

/** The lists that cut a group off: its members are told of each other alone, and all others of everyone. */
export function* cuttingLists({ roster, corrupt, neighbours }: World): Generator<Lists> {
  for (const group of subsetsOf(roster & ~corrupt))
    yield neighbours.map((all, member) => (has(group, member) ? all & (group | corrupt) : all));
}

/**
 * One session in which members are told different lists. One survivor set is shown, since the quorum is one of all; every
 * client that takes it signs and reveals.
 * @returns sessions played, and the fewest members that one of them exposes
 */
export function searchLists(world: World, quorum: Quorum, lists: Iterable<Lists>): Pick<Answer, 'played' | 'exposed'> {
  const { roster, corrupt, neighbours, minCohort } = world;
  let played = 0;
  let exposed = Infinity;
  for (const present of lists) {
    const sending = listOf(roster & ~corrupt).filter((member) => sends(world, present, member));
    const senders = sending.reduce((all, member) => all | (1 << member), 0);
    for (const set of subsetsOf(senders | corrupt)) {
      if (sizeOf(set) < minCohort) continue;
      const takes = sending.filter((member) => audits(world, { present }, member, set));
      const shown = neighbours.map((_, member) => (takes.includes(member) ? set : 0));
      const session = { senders, present, shown, asked: senders, witnesses: roster };
      played++;
      for (const part of openedSums(world, session, revealing(world, session, quorum)))
        exposed = Math.min(exposed, sizeOf(part));
    }
  }
  return { played, exposed };
}
