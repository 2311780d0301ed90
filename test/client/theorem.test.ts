import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Consent } from '../../client/consent/consent.ts';
import { type ConsentMemory, consentInMemory } from '../../client/consent/memory.ts';
import { NO_HASH } from '../../protocol/wire/settings.ts';
import { forgetful } from '../../simulations/attacks/coordinator/sums.ts';
import { settingsFor } from './support/rounds.ts';

// Members 1 … honest are real clients' memories; those above work with the coordinator, and sign whatever it likes.

const POLICY = { adversary: 'curious', colluding: 0.2, minCohort: 3 } as const;
const from = (minCohort: number) => ({ settings: settingsFor(NO_HASH, { minCohort }), point: '11'.repeat(32) });
const GAMMA = 0.2;

/** Signatures over one bitmap that open a sum of the complete graph. */
const quorum = (n: number): number =>
  Math.max(Math.floor((2 * n) / 3), Math.floor((n + Math.floor(GAMMA * n)) / 2)) + 1;

/** A session as the liar sees it: who has sent an input, and how many the settings ask for. */
interface Session {
  readonly sessionId: string;
  readonly least: number;
  readonly sent: ReadonlySet<number>;
}

interface Opened {
  readonly n: number;
  readonly members: readonly number[];
}

/** A session as it is remembered; settings and root are told apart by its id alone. */
const sessionOf = (id: string, ids: readonly number[]) =>
  ({ settingsHash: id, root: id, ids, graph: 'complete', degree: 1, threshold: 1 }) as const;

/** A liar's cohort: honest members, from one model, in whatever sessions it likes. */
class Cohort {
  readonly opened: Opened[] = [];
  readonly honest: number;
  readonly #memories: Consent[];
  readonly #sessions = new Map<string, Session>();
  #count = 0;

  constructor(honest: number, memory: () => ConsentMemory) {
    this.honest = honest;
    this.#memories = Array.from({ length: honest }, () => new Consent(memory()));
  }

  /**
   * A session with this roster, in place of an earlier one with it: all that consent share their keys, and then all of these
   * send their input, since it needs everybody's shares.
   * @param whole whether the settings ask for every input
   */
  async send(roster: readonly number[], whole = false): Promise<void> {
    const sessionId = (++this.#count).toString(16).padStart(64, '0');
    const least = whole ? Math.max(roster.length, POLICY.minCohort) : POLICY.minCohort;
    const session = sessionOf(sessionId, roster);
    const input = { input: '22'.repeat(32), sessionId, counted: true, session };
    const sharers: number[] = [];
    const sent = new Set<number>();
    for (const member of roster) {
      const consent = this.#of(member);
      if (consent === undefined || (await taken(consent.sharing(from(least), input, POLICY)))) sharers.push(member);
    }
    for (const member of sharers) {
      const consent = this.#of(member);
      if (consent === undefined || (await taken(consent.sending(from(least), input, POLICY)))) sent.add(member);
    }
    this.#sessions.set(roster.join(','), { sessionId, least, sent });
  }

  /** Some members are shown a survivor set: the sum opens if enough sign it. */
  async sign(roster: readonly number[], wanted: readonly number[], shown: ReadonlySet<number>): Promise<void> {
    const inSession = this.#sessions.get(roster.join(','));
    if (inSession === undefined) return;
    const { sessionId, least, sent } = inSession;
    const members = roster.filter((member) => wanted.includes(member) && sent.has(member));
    // Every client holds a set to the settings, also one that signs none.
    if (members.length < least) return;
    const session = sessionOf(sessionId, roster);
    let signatures = 0;
    for (const member of members) {
      const consent = this.#of(member);
      if (consent === undefined) signatures++;
      else if (
        shown.has(member) &&
        (await taken(consent.signing(from(least), { members, session, sessionId }, POLICY)))
      )
        signatures++;
    }
    if (signatures >= quorum(roster.length)) this.opened.push({ n: roster.length, members });
  }

  /** The fewest honest members whose updates a combination of the opened sums is about. */
  fewest(): number {
    const rows = this.opened.map(({ members }) =>
      Array.from({ length: this.honest }, (_, i) => (members.includes(i + 1) ? 1 : 0)),
    );
    const full = rank(rows);
    let fewest = Infinity;
    for (let chosen = 1; chosen < 2 ** this.honest; chosen++) {
      const left = rows.map((row) => row.filter((_, i) => ((chosen >> i) & 1) === 0));
      // A combination that is nothing outside of the chosen ones, and something within.
      if (rank(left) < full) fewest = Math.min(fewest, ones(chosen));
    }
    return fewest;
  }

  /** The bound for combinations of the opened sums: the honest signers of one of them. */
  bound(): number {
    const honestSigners = this.opened.map(
      ({ n, members }) => quorum(n) - members.filter((member) => member > this.honest).length,
    );
    return Math.min(...honestSigners);
  }

  #of(member: number): Consent | undefined {
    return member <= this.honest ? this.#memories[member - 1] : undefined;
  }
}

const taken = (noted: Promise<void>): Promise<boolean> =>
  noted.then(
    () => true,
    () => false,
  );

const ones = (mask: number): number => mask.toString(2).replaceAll('0', '').length;

/** Modulo a prime that is far above any determinant of so few zeros and ones. */
const PRIME = 1_000_003;

function rank(rows: readonly (readonly number[])[]): number {
  const left = rows.map((row) => [...row]);
  let found = 0;
  for (let column = 0; column < (left[0]?.length ?? 0); column++) {
    const pivot = left.findIndex((row, i) => i >= found && row[column] !== 0);
    if (pivot < 0) continue;
    [left[found], left[pivot]] = [left[pivot]!, left[found]!];
    for (let i = found + 1; i < left.length; i++) {
      const [a, b] = [left[found]![column], left[i]![column]];
      left[i] = left[i]!.map((value, j) => (((value * a! - left[found]![j]! * b!) % PRIME) + PRIME) % PRIME);
    }
    found++;
  }
  return found;
}

const bits = (mask: number, total: number): number[] =>
  Array.from({ length: total }, (_, i) => i + 1).filter((member) => ((mask >> (member - 1)) & 1) === 1);

interface Schedule {
  readonly honest: number;
  readonly accomplices: number;
  /** What the liar does, in order; rosters by number. */
  readonly acts: readonly {
    readonly sign: boolean;
    readonly whole: boolean;
    readonly roster: number;
    readonly set: number;
    readonly shown: number;
  }[];
  readonly rosters: readonly number[];
}

const schedules: fc.Arbitrary<Schedule> = fc
  .record({ honest: fc.integer({ min: 4, max: 8 }), accomplices: fc.integer({ min: 0, max: 2 }) })
  .chain(({ honest, accomplices }) => {
    const all = 2 ** (honest + accomplices) - 1;
    // Sets that leave out few members are those from which a difference might tell something.
    const most = fc
      .array(fc.integer({ min: 0, max: honest + accomplices - 1 }), { maxLength: 3 })
      .map((gone) => gone.reduce((mask, i) => mask & ~(1 << i), all));
    const mask = fc.oneof(most, most, fc.integer({ min: 1, max: all }));
    const act = fc.record({ sign: fc.boolean(), whole: fc.boolean(), roster: fc.nat(3), set: mask, shown: mask });
    return fc.record({
      ...{ honest: fc.constant(honest), accomplices: fc.constant(accomplices) },
      rosters: fc.array(mask, { minLength: 4, maxLength: 4 }),
      acts: fc.array(act, { minLength: 6, maxLength: 24 }),
    });
  });

async function play({ honest, accomplices, rosters, acts }: Schedule, memory: () => ConsentMemory): Promise<Cohort> {
  const total = honest + accomplices;
  const cohort = new Cohort(honest, memory);
  for (const { sign, whole, roster: number, set, shown } of acts) {
    const roster = bits(rosters[number]!, total);
    // More accomplices than the policy reckons with are beyond any rule.
    if (roster.filter((member) => member > honest).length > Math.floor(GAMMA * roster.length)) continue;
    if (sign) await cohort.sign(roster, bits(set, total), new Set(bits(shown, total)));
    else await cohort.send(roster, whole);
  }
  return cohort;
}

describe('whatever a liar asks of members from one model, in whatever sessions and order', () => {
  it('no combination of the sums that open is about fewer honest members than the bound says', async () => {
    let sums = 0;
    await fc.assert(
      fc.asyncProperty(schedules, async (schedule) => {
        const cohort = await play(schedule, consentInMemory);
        sums += cohort.opened.length;
        if (cohort.opened.length === 0) return;
        expect(cohort.bound()).toBeGreaterThan(1);
        expect(cohort.fewest()).toBeGreaterThanOrEqual(cohort.bound());
      }),
      { numRuns: 600, seed: 20 },
    );
    expect(sums).toBeGreaterThan(50);
  });

  it('where members forget, schedules are soon found that single one of them out', async () => {
    let singled = 0;
    await fc.assert(
      fc.asyncProperty(schedules, async (schedule) => {
        if ((await play(schedule, forgetful)).fewest() === 1) singled++;
      }),
      { numRuns: 600, seed: 20 },
    );
    expect(singled).toBeGreaterThan(0);
  });

  it('who has gone on to another session signs nothing in the one before, so two sums do not each count on the other', async () => {
    const cohort = new Cohort(10, consentInMemory);
    const [first, second] = [
      [1, 2, 3, 4, 5, 6, 7, 8, 11, 12],
      [3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    ];
    // All send to both before any has signed. If 3, 4 and 5 could still sign the first, and 6 to 10 the second, the two sums
    // would differ in four honest members, of whom the first quorum alone has five.
    await cohort.send(first);
    await cohort.send(second);
    await cohort.sign(first, first, new Set([1, 2, 3, 4, 5]));
    await cohort.sign(second, second, new Set([6, 7, 8, 9, 10]));
    expect(cohort.opened.map(({ members }) => members)).toEqual([second]);
    expect(cohort.bound()).toBe(5);
    expect(cohort.fewest()).toBeGreaterThanOrEqual(5);
  });
});
