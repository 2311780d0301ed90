import type { Prg } from '../prg.ts';
import type { Ring, Words } from '../sharing/types.ts';
import { drawSlices, opened } from './and.ts';
import { bothRows, rowElements, selected } from './bits.ts';
import type { DealtKind } from './dealt-kind.ts';
import { ringOf } from '../sharing/index.ts';
import type { RectifyDemand, RectifyPart, SquareDemand, SquarePart, WrapDemand, WrapPart } from './types.ts';
import { wipe } from './wipe.ts';

/**
 * Values whose shares are dealt element by element: daBits (bits shared both by XOR and additively; Rotaru & Wood 2019)
 * and their products for ReLU and truncation, and squares. Both sides draw their XOR shares of the bits and their
 * additive shares of masks; every other share of the seeded side is drawn too. The correction is each value minus the
 * seeded side's share of it: uniform for the corrected side, which does not know that share, whatever the value. The
 * shares are drawn apart for every value, so that two corrections never hide behind the same one.
 */

/** Rows of the flips of a rectification. */
const [SIGN, CARRY, WRAP] = [0, 1, 2] as const;

const rectifyRows = ({ shift }: RectifyDemand): number => (shift === 0 ? 1 : 3);

/** daBits and products with which n · (t + c − w · 2^(bits − shift)) is opened in one round; see `gmw`. */
export const dealtRectify: DealtKind<RectifyDemand, RectifyPart, Pick<RectifyPart, 'flips' | 'mask'>> = {
  seeded(demand, prg) {
    const { bits, count, shift } = demand;
    const ring = ringOf(bits);
    return {
      flips: drawSlices(prg, rectifyRows(demand), count),
      mask: ring.draw(prg, count),
      sign: ring.draw(prg, count),
      signMask: ring.draw(prg, count),
      carries: shift === 0 ? undefined : drawCarries(ring, prg, count),
    };
  },
  own: (demand, prg) => ({
    flips: drawSlices(prg, rectifyRows(demand), demand.count),
    mask: ringOf(demand.bits).draw(prg, demand.count),
  }),
  correction({ bits }, seeded, own) {
    const ring = ringOf(bits);
    const flips = opened(seeded.flips, own.flips);
    const mask = ring.add(seeded.mask, own.mask);
    const values = [rowElements(ring, flips, SIGN), selected(flips, SIGN, mask)];
    const shares = [seeded.sign, seeded.signMask];
    if (seeded.carries !== undefined) {
      const { carry, signCarry, wrap, signWrap } = seeded.carries;
      values.push(rowElements(ring, flips, CARRY), rowElements(ring, bothRows(flips, SIGN, CARRY), 0));
      values.push(rowElements(ring, flips, WRAP), rowElements(ring, bothRows(flips, SIGN, WRAP), 0));
      shares.push(carry, signCarry, wrap, signWrap);
    }
    wipe([flips, mask]);
    return hidden(ring, values, shares);
  },
  complete(demand, { flips, mask }, correction) {
    const [sign, signMask, carry, signCarry, wrap, signWrap] = vectors(demand, correction);
    const carries =
      demand.shift === 0 ? undefined : { carry: carry!, signCarry: signCarry!, wrap: wrap!, signWrap: signWrap! };
    return { flips, mask, sign: sign!, signMask: signMask!, carries };
  },
};

function drawCarries(ring: Ring, prg: Prg, count: number): NonNullable<RectifyPart['carries']> {
  return {
    carry: ring.draw(prg, count),
    signCarry: ring.draw(prg, count),
    wrap: ring.draw(prg, count),
    signWrap: ring.draw(prg, count),
  };
}

/** daBits c and w, with which t + c − w · 2^(bits − shift) is opened in one round. */
export const dealtWrap: DealtKind<WrapDemand, WrapPart, Pick<WrapPart, 'flips'>> = {
  seeded({ bits, count }, prg) {
    const ring = ringOf(bits);
    return { flips: drawSlices(prg, 2, count), carry: ring.draw(prg, count), wrap: ring.draw(prg, count) };
  },
  own: ({ count }, prg) => ({ flips: drawSlices(prg, 2, count) }),
  correction({ bits }, seeded, own) {
    const ring = ringOf(bits);
    const flips = opened(seeded.flips, own.flips);
    const values = [rowElements(ring, flips, 0), rowElements(ring, flips, 1)];
    wipe(flips);
    return hidden(ring, values, [seeded.carry, seeded.wrap]);
  },
  complete(demand, { flips }, correction) {
    const [carry, wrap] = vectors(demand, correction);
    return { flips, carry: carry!, wrap: wrap! };
  },
};

/** a and a², so that a square takes one opened vector instead of two. */
export const dealtSquare: DealtKind<SquareDemand, SquarePart, Pick<SquarePart, 'a'>> = {
  seeded({ bits, count }, prg) {
    const ring = ringOf(bits);
    return { a: ring.draw(prg, count), squared: ring.draw(prg, count) };
  },
  own: ({ bits, count }, prg) => ({ a: ringOf(bits).draw(prg, count) }),
  correction({ bits }, seeded, own) {
    const ring = ringOf(bits);
    const a = ring.add(seeded.a, own.a);
    const squared = ring.multiply(a, a);
    wipe(a);
    return hidden(ring, [squared], [seeded.squared]);
  },
  complete: (demand, { a }, correction) => ({ a, squared: ringOf(demand.bits).fromBytes(correction) }),
};

/** Values minus the seeded side's shares, one vector after another; the values are wiped. */
function hidden(ring: Ring, values: readonly Words[], shares: readonly Words[]): Uint8Array {
  const width = values[0]!.byteLength;
  const out = new Uint8Array(values.length * width);
  for (const [i, value] of values.entries()) {
    ring.subtractInto(value, shares[i]!);
    out.set(ring.toBytes(value), i * width);
    wipe(value);
  }
  return out;
}

/** The vectors of a correction, each of a word a value. */
function vectors({ bits, count }: RectifyDemand | WrapDemand, correction: Uint8Array): Words[] {
  const ring = ringOf(bits);
  const width = count * ring.bytes;
  return Array.from({ length: correction.length / width }, (_, i) =>
    ring.fromBytes(correction.subarray(i * width, (i + 1) * width)),
  );
}
