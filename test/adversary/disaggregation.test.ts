import { describe, expect, it } from 'vitest';
import type { ClientPolicy } from '../../protocol/rounds/index.ts';
import { type MemberId, memberId } from '../../protocol/ids.ts';
import { messageName } from '../../protocol/wire/header.ts';
import { encodeOutcome } from '../../protocol/wire/messages/outcome.ts';
import { exposedBy, FOUR_SETS, minus, Series, twiceTheUpdate } from '../../simulations/attacks/disaggregation.ts';
import type { Lab } from '../../simulations/attacks/open-round/lab.ts';

type Class = 'curious' | 'active';

const N = 9;
const VICTIM = memberId(N);

/** Rounds of nine members, of one task. */
const seriesOf = (
  adversary: Class,
  { n = N, remembers = true, ...policy }: Partial<ClientPolicy> & { n?: number; remembers?: boolean } = {},
): Series => new Series({ seed: 'disaggregation', n, adversary, remembers, policy });

const sumOf = (lab: Lab): Uint32Array => lab.committed!.sum;

/** Nobody who remembers an earlier sum signed or revealed anything in this round, and it came to no sum. */
function expectNothingRevealed(lab: Lab, newcomers: readonly MemberId[] = []): void {
  expect(lab.committed).toBeUndefined();
  expect(lab.aborted).toBeDefined();
  const said = [...lab.messages('consistency'), ...lab.messages('unmaskShares')];
  expect(said.map(({ member }) => member).filter((member) => !newcomers.includes(member))).toEqual([]);
}

describe.each<Class>(['curious', 'active'])(
  'a sum that was opened and called abandoned, in an %s round',
  (adversary) => {
    const repeat = { n: N - 1 };

    it('and is opened again without one member, gives away that member’s update where nobody remembers it', () => {
      const series = seriesOf(adversary, { remembers: false });
      const first = series.round();
      const second = series.round(repeat);
      expect(second.refusals.size).toBe(0);
      const update = first.inputOf(VICTIM);
      expect(update.some((value) => value !== 0)).toBe(true);
      expect(minus(first, sumOf(first), sumOf(second))).toEqual(first.plainSum([VICTIM]));
    });

    it('is not opened again without one member: every client that signed it refuses, by name', () => {
      const series = seriesOf(adversary);
      const first = series.round();
      const { suite } = first.settings;
      for (const member of first.members) {
        const header = { suite, context: first.server.context.settingsHash };
        const told = encodeOutcome({ ...header, kind: 'abandoned', code: 'round-abandoned', message: 'it failed' });
        first.clientGets(member, told);
      }
      const second = series.round(repeat);
      expectNothingRevealed(second);
      expect(second.refusalCodes()).toEqual(
        Object.fromEntries(second.members.map((member) => [member, 'cohort-too-similar'])),
      );
      expect(second.refusals.get(memberId(1))?.message).toBe(
        'the roster is not the same 9 members whose sum this client signed from the same model',
      );
      // The coordinator reads why.
      expect(new Set(second.drops.map(({ reason }) => reason))).toContain('cohort-too-similar');
    });

    it('is not opened again without one member where it had asked as few as it could for their shares', () => {
      const series = seriesOf(adversary);
      const least = adversary === 'active' ? 7 : 5;
      // The victim and some others are not asked, so that in a curious round fewer remember.
      const asked = new Set(Array.from({ length: least }, (_, i) => memberId(i + 1)));
      const first = series.round({
        down: (mail) => (messageName(mail.bytes) === 'unmaskRequest' && !asked.has(mail.member) ? [] : [mail]),
      });
      expect(first.committed?.included).toHaveLength(N);
      expect([...series.memories.keys()]).toEqual(adversary === 'active' ? first.members : [...asked]);
      const second = series.round(repeat);
      expect(second.committed).toBeUndefined();
      expect(second.messages('maskedInput').every(({ member }) => !asked.has(member))).toBe(true);
    });

    it('is not opened again with one member more', () => {
      const series = seriesOf(adversary);
      expect(series.round(repeat).committed).toBeDefined();
      expectNothingRevealed(series.round(), [VICTIM]);
    });

    it('is not opened again without one member from the same model, whatever else is said to be new', () => {
      for (const settings of [{ training: '{ }' }, { task: 'other', round: 9 }, { repeat: 1 }]) {
        const series = seriesOf(adversary);
        series.round();
        expectNothingRevealed(series.round({ ...repeat, settings }));
      }
    });

    it('may be opened again with the same members, which gives the same sum', () => {
      const series = seriesOf(adversary);
      const whole = { settings: { minCohort: N } };
      const sums = [series.round(), series.round(whole)].map(sumOf);
      expect(sums[1]).toEqual(sums[0]);
    });

    it('is not opened again of any other members who signed it, however many differ', () => {
      const series = seriesOf(adversary);
      series.round();
      for (const n of [N - 2, N - 4]) expectNothingRevealed(series.round({ n }));
    });

    it('does not keep an attempt from being repeated that ended before shares were revealed', () => {
      const series = seriesOf(adversary);
      const failed = series.round({ without: [1, 2, 3, 4, 5] });
      expect(failed.aborted?.error.code).toBe('below-threshold');
      expect(series.memories.size).toBe(0);
      expect(series.round(repeat).committed).toBeDefined();
    });

    it('is held against sums of later models only where the policy asks for a difference of any two', () => {
      const settings = { modelHash: new Uint8Array(32).fill(1), round: 2 };
      for (const [minCohortDifference, opened] of [
        [0, true],
        [2, false],
      ] as const) {
        const series = seriesOf(adversary, { minCohortDifference });
        series.round();
        const second = series.round({ ...repeat, settings });
        expect(second.committed !== undefined).toBe(opened);
        if (opened) continue;
        expectNothingRevealed(second);
        expect(second.refusals.get(memberId(1))?.message).not.toContain('same model');
      }
    });
  },
);

describe('on a ring', () => {
  it('ids of members that a client is not shown count too', () => {
    const n = 64;
    const settings = {
      graph: 'ring',
      colludingPpm: 50_000,
      dropoutPpm: 50_000,
      dimension: 1,
      maxCohort: n,
    } as const;
    const series = seriesOf('curious', { n });
    const first = series.round({ n, settings });
    expect(first.committed?.included).toHaveLength(n);
    expect(series.memories.get(memberId(1))?.models[0]!.signed?.members).toHaveLength(n);
    const second = series.round({ n: n - 1, settings });
    expectNothingRevealed(second);
    expect(new Set(Object.values(second.refusalCodes()))).toEqual(new Set(['cohort-too-similar']));
  });
});

describe('four sums, any two of which differ in two members or more', () => {
  it('give one update away where nobody remembers what it signed', () => {
    const series = seriesOf('curious', { remembers: false });
    const rounds = FOUR_SETS.map((without) => series.round({ without }));
    expect(exposedBy(rounds)).toEqual(twiceTheUpdate(rounds[0]!));
  });

  it('as groups of a round, each with a roster of its own, are not opened beyond the first', () => {
    const series = seriesOf('curious');
    const [first, ...others] = FOUR_SETS.map((without) => series.round({ without }));
    expect(first!.committed).toBeDefined();
    // Who was left out of the first one has signed nothing.
    for (const lab of others) expectNothingRevealed(lab, [memberId(9)]);
  });
});
