import { describe, expect, it } from 'vitest';
import { startServer } from '../../protocol/schemes/secagg/server/index.ts';
import { decodeSum, encodeUpdate, minModulusBits } from '../../protocol/quantize/index.ts';
import { memberId } from '../../protocol/ids.ts';
import { encodeInvitation } from '../../protocol/wire/messages/invitation.ts';
import { encodeSettings, type RoundSettings, settingsHash } from '../../protocol/wire/settings.ts';
import { firstMembers, virtualSettings } from '../../simulations/engine/virtual-task.ts';
import { runVirtualRound } from '../../simulations/engine/round.ts';
import { Lab, seeded } from '../../simulations/attacks/open-round/lab.ts';
import { codeOf } from '../support/thrown.ts';

/** Cohort, bits of a value, and the modulus that just holds the sum: in each, one more member would not fit. */
const BUDGETS = [
  { n: 9, inputBits: 5, modulusBits: 9 },
  { n: 17, inputBits: 4, modulusBits: 8 },
  { n: 9, inputBits: 29, modulusBits: 32 },
  { n: 33, inputBits: 27, modulusBits: 32 },
] as const;

const settingsFor = ({
  n,
  inputBits,
  modulusBits,
}: {
  n: number;
  inputBits: number;
  modulusBits: number;
}): RoundSettings =>
  virtualSettings(seeded('overflow'), {
    maxCohort: n,
    inputBits,
    modulusBits,
    dimension: 2,
    clip: 1,
    maxExamples: 100,
  });

/** L: the greatest value of one coordinate. */
const levels = (inputBits: number): number => 2 ** (inputBits - 1) - 1;

/** The most members that a modulus holds, by the definition: n · 2L + 1 ≤ 2^b. */
const maxMembers = (inputBits: number, modulusBits: number): number =>
  Math.floor((2 ** modulusBits - 1) / (2 * levels(inputBits)));

describe.each(BUDGETS)('$n members of $inputBits bits modulo 2^$modulusBits', ({ inputBits, modulusBits, ...rest }) => {
  const n = maxMembers(inputBits, modulusBits);
  const settings = settingsFor({ n, inputBits, modulusBits });
  const { primitives } = new Lab({ seed: 'overflow', n: 2 });

  it.each([
    ['greatest', 1],
    ['least', -1],
  ])('gives the exact sum of the %s values of all through a whole round', (_, sign) => {
    expect(n).toBeGreaterThanOrEqual(rest.n - 1);
    // Accuracy and loss at their bounds; the update's single coordinate as long as the clip allows.
    const result = { update: Float32Array.of(sign, 0), examples: 100, loss: settings.lossBound, accuracy: 1 };
    const inputOf = (): Uint32Array => encodeUpdate(settings, result, seeded('rounding')).values;
    const round = runVirtualRound({ primitives, random: seeded('round'), settings, members: firstMembers(n), inputOf });
    expect(round.committed).toBe(true);
    const unused = 32 - modulusBits;
    const signed = [...round.sum!].map((word) => (word << unused) >> unused);
    const top = levels(inputBits);
    expect(signed.slice(0, 2)).toEqual([sign * n * top, 0]);
    // Examples are checked above; then loss, accuracy, and nobody whose values were cut.
    expect(signed.slice(3, 7)).toEqual([n * top, n * top, 0, 0]);
    const { update, loss, accuracy } = decodeSum(settings, round.sum!, n);
    expect(update[0]).toBeCloseTo(sign, 5);
    expect(loss).toBeCloseTo(settings.lossBound, 5);
    expect(accuracy).toBeCloseTo(1, 5);
  });

  it('refuses one member more, one bit more of input and one bit less of modulus up front, on both sides', () => {
    const greater = [
      { ...settings, maxCohort: n + 1 },
      { ...settings, inputBits: inputBits + 1 },
      ...(modulusBits > 8 ? [{ ...settings, modulusBits: modulusBits - 1 }] : []),
    ];
    for (const over of greater) {
      const start = { primitives, settings: over, invited: [memberId(1)], target: 2 };
      expect(codeOf(() => startServer(start))).toBe('overflow-budget');
      const encoded = encodeSettings(over);
      const invitation = encodeInvitation({ suite: 1, context: settingsHash(primitives, encoded), settings: encoded });
      const event = new Lab({ seed: 'overflow', n: 2 }).start(memberId(1), invitation).events.at(-1);
      expect(event).toMatchObject({ kind: 'refused', error: { code: 'overflow-budget' } });
    }
    expect(minModulusBits(inputBits, n)).toBe(modulusBits);
  });

  it('is not run with a target beyond the cohort that the budget is for', () => {
    const start = { primitives, settings, invited: [memberId(1)], target: n + 1 };
    expect(codeOf(() => startServer(start))).toBe('settings-invalid');
  });
});
