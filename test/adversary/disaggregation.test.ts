import { describe, expect, it } from 'vitest';
import { type ConsentRecord, historyOf, NO_RECORD, withOpened, withSet } from '../../client/consent/record.ts';
import type { ClientPolicy } from '../../protocol/schemes/secagg/client/index.ts';
import { termsOf } from '../../protocol/rounds/inputs/index.ts';
import { toHex } from '../../protocol/crypto/bytes.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { type MemberId, memberId } from '../../protocol/ids.ts';
import { messageName } from '../../protocol/wire/header.ts';
import { encodeOutcome } from '../../protocol/wire/messages/outcome.ts';
import type { RoundSettings } from '../../protocol/wire/settings.ts';
import { virtualMembership, virtualSettings } from '../../simulations/engine/virtual-task.ts';
import { Lab, type Rewrite, seeded } from '../../simulations/attacks/open-round/lab.ts';

type Class = 'curious' | 'active';

const NO_MODEL = virtualSettings(seeded('no model'), {});

const N = 9;
const VICTIM = memberId(N);

interface Attempt {
  readonly n?: number;
  /** Members that drop out before their input. */
  readonly without?: readonly number[];
  readonly settings?: Partial<RoundSettings>;
  readonly down?: Rewrite;
}

/** The model that a round's settings name: its values are of no matter here. */
const pointOf = ({ modelHash }: RoundSettings): string => toHex(modelHash);

/** Whether members share their keys at all, and come to the sending of their inputs. */
function comesToInputs(lab: Lab): boolean {
  try {
    lab.serverIn('masked-input');
    return true;
  } catch {
    return false;
  }
}

/** Rounds of one task among the same members: clients keep their update, and remember what they signed, or nothing. */
class Series {
  readonly memories = new Map<MemberId, ConsentRecord>();
  readonly #adversary: Class;
  readonly #policy: Partial<ClientPolicy>;
  readonly #remembers: boolean;
  readonly #membership;
  #attempts = 0;

  constructor(
    adversary: Class,
    { n = N, remembers = true, ...policy }: Partial<ClientPolicy> & { n?: number; remembers?: boolean } = {},
  ) {
    this.#adversary = adversary;
    this.#policy = policy;
    this.#remembers = remembers;
    this.#membership =
      adversary === 'active' ? virtualMembership(nodePrimitives, seeded('disaggregation'), n) : undefined;
  }

  round({ n = N, without = [], settings = {}, down }: Attempt = {}): Lab {
    const lab = new Lab({
      // The inputs are made from this seed: they are the same in every attempt.
      seed: 'kept updates',
      random: seeded(`attempt ${++this.#attempts}`),
      n,
      adversary: this.#adversary,
      policy: this.#policy,
      settings: { maxCohort: N, ...settings },
      historyOf: (member) => historyOf(this.#memoryOf(member), pointOf({ ...NO_MODEL, ...settings }), 0),
      ...(this.#membership === undefined ? {} : { membership: this.#membership }),
    });
    if (comesToInputs(lab)) for (const member of without) lab.leave(member);
    lab.run(down === undefined ? {} : { down });
    const terms = toHex(termsOf(nodePrimitives, lab.settings));
    for (const { member, event } of lab.clientEvents) {
      if (event.kind !== 'signing' || !this.#remembers) continue;
      const { members, session } = event;
      const opened = withOpened(this.#memoryOf(member), { task: lab.settings.task, terms, members });
      this.memories.set(member, withSet(opened, pointOf(lab.settings), members, session));
    }
    return lab;
  }

  #memoryOf(member: MemberId): ConsentRecord {
    return this.memories.get(member) ?? NO_RECORD;
  }
}

/** a − b, coordinate by coordinate, modulo 2^modulusBits. */
function minus({ settings }: Lab, a: Uint32Array, b: Uint32Array): Uint32Array {
  const mask = 2 ** settings.modulusBits - 1;
  return a.map((value, i) => (value - b[i]!) & mask);
}

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
      const series = new Series(adversary, { remembers: false });
      const first = series.round();
      const second = series.round(repeat);
      expect(second.refusals.size).toBe(0);
      const update = first.inputOf(VICTIM);
      expect(update.some((value) => value !== 0)).toBe(true);
      expect(minus(first, sumOf(first), sumOf(second))).toEqual(first.plainSum([VICTIM]));
    });

    it('is not opened again without one member: every client that signed it refuses, by name', () => {
      const series = new Series(adversary);
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
        'the roster is not of the very 9 members whose sum this client signed from the same model',
      );
      // The coordinator reads why.
      expect(new Set(second.drops.map(({ reason }) => reason))).toContain('cohort-too-similar');
    });

    it('is not opened again without one member where it had asked as few as it could for their shares', () => {
      const series = new Series(adversary);
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
      const series = new Series(adversary);
      expect(series.round(repeat).committed).toBeDefined();
      expectNothingRevealed(series.round(), [VICTIM]);
    });

    it('is not opened again without one member from the same model, whatever else is said to be new', () => {
      for (const settings of [{ training: '{ }' }, { task: 'other', round: 9 }, { repeat: 1 }]) {
        const series = new Series(adversary);
        series.round();
        expectNothingRevealed(series.round({ ...repeat, settings }));
      }
    });

    it('may be opened again with the same members, which gives the same sum', () => {
      const series = new Series(adversary);
      const whole = { settings: { minCohort: N } };
      const sums = [series.round(), series.round(whole)].map(sumOf);
      expect(sums[1]).toEqual(sums[0]);
    });

    it('is not opened again of any other members who signed it, however many differ', () => {
      const series = new Series(adversary);
      series.round();
      for (const n of [N - 2, N - 4]) expectNothingRevealed(series.round({ n }));
    });

    it('does not keep an attempt from being repeated that ended before shares were revealed', () => {
      const series = new Series(adversary);
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
        const series = new Series(adversary, { minCohortDifference });
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
    const series = new Series('curious', { n });
    const first = series.round({ n, settings });
    expect(first.committed?.included).toHaveLength(n);
    expect(series.memories.get(memberId(1))?.models[0]!.signed?.members).toHaveLength(n);
    const second = series.round({ n: n - 1, settings });
    expectNothingRevealed(second);
    expect(new Set(Object.values(second.refusalCodes()))).toEqual(new Set(['cohort-too-similar']));
  });
});

describe('four sums, any two of which differ in two members or more', () => {
  const [a, b, c] = [7, 8, 9];
  const SETS = [[c], [a], [b], [a, b, c]];

  it('give one update away where nobody remembers what it signed', () => {
    const series = new Series('curious', { remembers: false });
    const sums = SETS.map((without) => series.round({ without }));
    const [ab, bc, ac, none] = sums.map(sumOf);
    // (a + b) − (b + c) + (a + c) − 0 = 2a
    const lab = sums[0]!;
    const twice = minus(lab, minus(lab, ab!, bc!), minus(lab, none!, ac!));
    const update = lab.plainSum([memberId(a)]);
    expect(twice).toEqual(minus(lab, update, minus(lab, new Uint32Array(update.length), update)));
  });

  it('as groups of a round, each with a roster of its own, are not opened beyond the first', () => {
    const series = new Series('curious');
    const [first, ...others] = SETS.map((without) => series.round({ without }));
    expect(first!.committed).toBeDefined();
    // Who was left out of the first one has signed nothing.
    for (const lab of others) expectNothingRevealed(lab, [memberId(c)]);
  });
});
