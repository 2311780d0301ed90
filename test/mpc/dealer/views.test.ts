import { describe, expect, it } from 'vitest';
import { dealtAnd } from '../../../protocol/mpc/dealer/and.ts';
import {
  type AndTriples,
  type Demand,
  type DemandKind,
  type Parts,
  WeightMasks,
} from '../../../protocol/mpc/dealer/index.ts';
import { dealt } from '../../../protocol/mpc/dealer/kinds.ts';
import { wipe } from '../../../protocol/mpc/dealer/wipe.ts';
import { Prg } from '../../../protocol/mpc/prg.ts';
import type { Slices } from '../../../protocol/mpc/slices.ts';
import { EVERY_DEMAND, MASKS, seed } from './support/pair.ts';
import { deviation } from './support/uniform.ts';

const bit = (value: number): Slices => ({ rows: 1, lanes: 1, stride: 4, words: Uint32Array.of(value, 0, 0, 0) });

/** All five bits that two sides draw for one AND triple, and what the corrected side is told. */
function everyTriple(ofC: readonly number[]): { secret: string; own: string; told: number; both: string }[] {
  return [0, 1].flatMap((a0) =>
    [0, 1].flatMap((b0) =>
      ofC.flatMap((c0) =>
        [0, 1].flatMap((a1) =>
          [0, 1].map((b1) => {
            const seeded: AndTriples = { a: bit(a0), b: bit(b0), c: bit(c0) };
            const own = { a: bit(a1), b: bit(b1) };
            const demand = { kind: 'and', rows: 1, lanes: 1 } as const;
            const [told] = dealtAnd.correction(demand, seeded, own, new WeightMasks({}));
            return { secret: `${a0}${b0}`, own: `${a1}${b1}`, told: told!, both: `${a0}${b0}${c0}` };
          }),
        ),
      ),
    ),
  );
}

/** How often each view occurs with each secret, sorted. */
const joint = <T>(all: readonly T[], view: (one: T) => string, secret: (one: T) => string): number[] => {
  const counts = new Map<string, number>();
  for (const one of all)
    counts.set(`${view(one)} ${secret(one)}`, (counts.get(`${view(one)} ${secret(one)}`) ?? 0) + 1);
  return [...counts.values()];
};

describe('one AND triple, by exhaustion', () => {
  const corrected = ({ own, told }: { own: string; told: number }): string => `${own}${told}`;

  it('gives the corrected side the same views, as often, whatever the seeded side drew', () => {
    const all = everyTriple([0, 1]);
    // 8 views with each of 4 secrets, each in 1 of the 32 cases.
    expect(joint(all, corrected, ({ secret }) => secret)).toEqual(new Array(32).fill(1));
  });

  it('gives the seeded side the same views, as often, whatever the corrected side drew', () => {
    const all = everyTriple([0, 1]);
    expect(
      joint(
        all,
        ({ both }) => both,
        ({ own }) => own,
      ),
    ).toEqual(new Array(32).fill(1));
  });

  it('would show the seeded side’s bits if its share of c hid nothing', () => {
    const all = everyTriple([0]);
    // Of the 8 views, only 4 occur with each secret.
    expect(joint(all, corrected, ({ secret }) => secret)).toEqual(new Array(16).fill(1));
    // With a = 1 and b = 0 of its own it would be told whether the other's bits are 0 and 1.
    const seen = all.filter(({ own }) => own === '10').map(({ secret, told }) => [secret, told] as const);
    expect(Object.fromEntries(seen)).toEqual({ '00': 0, '01': 1, '10': 0, '11': 0 });
  });
});

/** The shares of the seeded side that hide values from the corrected one. */
function hiding(part: Parts[DemandKind]): unknown {
  if ('role' in part) return part.role === 'sender' ? part.sender.zeros : part.receiver.labels;
  if ('signMask' in part) return [part.sign, part.signMask, part.carries];
  if ('flips' in part) return [part.carry, part.wrap];
  return 'squared' in part ? part.squared : part.c;
}

/** The corrections of one run; and what they would be if nothing hid the values, so the values themselves. */
function told(demand: Demand, run: number, masks: WeightMasks): readonly [Uint8Array, Uint8Array] {
  const kind = dealt(demand);
  const part = kind.seeded(demand, new Prg(seed(2 * run)));
  const own = kind.own(demand, new Prg(seed(2 * run + 1)));
  const hidden = kind.correction(demand, part, own, masks);
  wipe(hiding(part));
  return [hidden, kind.correction(demand, part, own, masks)];
}

/** Counts of a byte's low four bits in the first of many corrections, for each lowest bit of the value that is corrected. */
function countedBySecret(demand: Demand, which: 'hidden' | 'bare'): readonly Uint32Array[] {
  const masks = new WeightMasks(MASKS);
  const counts = [new Uint32Array(16), new Uint32Array(16)];
  for (let run = 0; run < 400; run++) {
    const [hidden, bare] = told(demand, run, masks);
    counts[bare[0]! & 1]![(which === 'hidden' ? hidden : bare)[0]! & 15]!++;
  }
  return counts;
}

// Corrections of which all bits are used; the seeds are fixed, and 5 standard deviations are exceeded once in a million.
const FULL = EVERY_DEMAND.filter((demand) => demand.kind !== 'and' || demand.lanes % 8 === 0);

describe.each(FULL.map((demand) => [JSON.stringify(demand), demand] as const))('corrections for %s', (_, demand) => {
  it('are uniform', () => {
    const counts = new Uint32Array(256);
    const masks = new WeightMasks(MASKS);
    for (let run = 0; run < 200; run++) for (const byte of told(demand, run, masks)[0]) counts[byte]!++;
    expect(Math.abs(deviation(counts))).toBeLessThan(5);
  });

  it('are uniform whatever the value is, which they would not be if the seeded side’s shares hid nothing', () => {
    for (const counts of countedBySecret(demand, 'hidden')) expect(Math.abs(deviation(counts))).toBeLessThan(5);
    for (const counts of countedBySecret(demand, 'bare')) {
      if (counts.some((count) => count > 0)) expect(deviation(counts)).toBeGreaterThan(5);
    }
  });
});
