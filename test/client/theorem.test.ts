import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Consent } from '../../client/consent/consent.ts';
import { type ConsentMemory, consentInMemory } from '../../client/consent/memory.ts';
import { NO_HASH } from '../../protocol/wire/settings.ts';
import { forgetful } from '../adversary/server/sums.ts';
import { settingsFor } from './support/rounds.ts';

// Members 1 … honest are real clients' memories; those above work with the coordinator, and sign whatever it likes.

const POLICY = { adversary: 'curious', colluding: 0.2, minCohort: 3 } as const;
const FROM = { settings: settingsFor(NO_HASH, { minCohort: 3 }), point: '11'.repeat(32) };
const GAMMA = 0.2;

/** Signatures over one bitmap that open a sum of the complete graph. */
const quorum = (n: number): number =>
  Math.max(Math.floor((2 * n) / 3), Math.floor((n + Math.floor(GAMMA * n)) / 2)) + 1;

interface Opened {
  readonly n: number;
  readonly members: readonly number[];
}

/** A liar's cohort: honest members, from one model, in whatever sessions it likes. */
class Cohort {
  readonly opened: Opened[] = [];
  readonly honest: number;
  readonly #memories: Consent[];
  readonly #sent = new Map<string, Set<number>>();
  #sessions = 0;

  constructor(honest: number, memory: () => ConsentMemory) {
    this.honest = honest;
    this.#memories = Array.from({ length: honest }, () => new Consent(memory()));
  }

  /** All members of a roster that consent to it send their input. */
  async send(roster: readonly number[]): Promise<void> {
    const key = roster.join(',');
    const sent = this.#sent.get(key) ?? new Set<number>();
    this.#sent.set(key, sent);
    for (const member of roster) {
      const consent = this.#of(member);
      const input = { input: '22'.repeat(32), ids: roster, counted: true };
      if (consent === undefined || (await taken(consent.sending(FROM, input, POLICY)))) sent.add(member);
    }
  }

  /** Some members are shown a survivor set: the sum opens if enough sign it. */
  async sign(roster: readonly number[], wanted: readonly number[], shown: ReadonlySet<number>): Promise<void> {
    const sent = this.#sent.get(roster.join(','));
    const members = roster.filter((member) => wanted.includes(member) && sent?.has(member) === true);
    if (members.length < POLICY.minCohort) return;
    const settingsHash = (++this.#sessions).toString(16).padStart(64, '0');
    const session = {
      settingsHash,
      root: settingsHash,
      ids: roster,
      graph: 'complete',
      degree: 1,
      threshold: 1,
    } as const;
    let signatures = 0;
    for (const member of members) {
      const consent = this.#of(member);
      if (consent === undefined) signatures++;
      else if (shown.has(member) && (await taken(consent.signing(FROM, members, session, POLICY)))) signatures++;
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

  /** The bound for combinations of the opened sums: of one alone, and of two or more. */
  bound(): number {
    const figures = this.opened.map(({ n, members }) => {
      const accomplices = members.filter((member) => member > this.honest).length;
      return { alone: quorum(n) - accomplices, among: 2 * quorum(n) - accomplices - n };
    });
    const among = [...new Map(this.opened.map(({ members }, i) => [members.join(), figures[i].among])).values()];
    const two = among.sort((a, b) => a - b).slice(0, 2);
    const several = two.length < 2 ? Infinity : two[0] + two[1];
    return Math.min(...figures.map(({ alone }) => alone), several);
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
    [left[found], left[pivot]] = [left[pivot], left[found]];
    for (let i = found + 1; i < left.length; i++) {
      const [a, b] = [left[found][column], left[i][column]];
      left[i] = left[i].map((value, j) => (((value * a - left[found][j] * b) % PRIME) + PRIME) % PRIME);
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
    const act = fc.record({ sign: fc.boolean(), roster: fc.nat(3), set: mask, shown: mask });
    return fc.record({
      ...{ honest: fc.constant(honest), accomplices: fc.constant(accomplices) },
      rosters: fc.array(mask, { minLength: 4, maxLength: 4 }),
      acts: fc.array(act, { minLength: 6, maxLength: 24 }),
    });
  });

async function play({ honest, accomplices, rosters, acts }: Schedule, memory: () => ConsentMemory): Promise<Cohort> {
  const total = honest + accomplices;
  const cohort = new Cohort(honest, memory);
  for (const { sign, roster: number, set, shown } of acts) {
    const roster = bits(rosters[number], total);
    // More accomplices than the policy reckons with are beyond any rule.
    if (roster.filter((member) => member > honest).length > Math.floor(GAMMA * roster.length)) continue;
    if (sign) await cohort.sign(roster, bits(set, total), new Set(bits(shown, total)));
    else await cohort.send(roster);
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

  it('two sums may differ in fewer members than a quorum has honest ones, but by no fewer than the bound', async () => {
    const cohort = new Cohort(10, consentInMemory);
    const [first, second] = [
      [1, 2, 3, 4, 5, 6, 7, 8, 11, 12],
      [3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    ];
    // All send to both, before any has signed: 6, 7 and 8 are in the first sum without a signature, 3, 4 and 5 in the second.
    await cohort.send(first);
    await cohort.send(second);
    await cohort.sign(first, first, new Set([1, 2, 3, 4, 5]));
    await cohort.sign(second, second, new Set([6, 7, 8, 9, 10]));
    expect(cohort.opened).toHaveLength(2);
    expect(quorum(10) - 2).toBe(5);
    expect(cohort.bound()).toBe(4);
    expect(cohort.fewest()).toBe(4);
  });
});
