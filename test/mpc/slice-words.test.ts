import { describe, expect, it } from 'vitest';
import { Prg } from '../../protocol/mpc/prg.ts';
import { joinWords32, joinWords64, sliceWords } from '../../protocol/mpc/slice-words.ts';
import type { Slices } from '../../protocol/mpc/slices.ts';

const lanes = [1, 4, 31, 32, 33, 127, 128, 129, 300];

/** Bit by bit: what the kernels must agree with. */
function plainRow(words: Uint32Array | BigUint64Array, bit: number, stride: number): Uint32Array {
  const row = new Uint32Array(stride);
  for (const [lane, word] of words.entries()) {
    if (((BigInt(word) >> BigInt(bit)) & 1n) === 1n) row[lane >> 5]! |= 1 << (lane & 31);
  }
  return row;
}

function row({ words, stride }: Slices, at: number): Uint32Array {
  return words.slice(at * stride, (at + 1) * stride);
}

describe.each(lanes)('words of %i lanes', (count) => {
  const prg = new Prg(new Uint8Array(32).fill(count & 0xff));
  const cases = [
    { bits: 32, words: prg.words(count), join: joinWords32 },
    { bits: 64, words: prg.longs(count), join: joinWords64 },
  ] as const;

  it.each(cases)('of $bits bits become rows of which bit j is lane j, with nothing after the last lane', (each) => {
    const slices = sliceWords(each.words);
    expect(slices).toMatchObject({ rows: each.bits, lanes: count });
    for (let bit = 0; bit < each.bits; bit++) {
      expect(row(slices, bit)).toEqual(plainRow(each.words, bit, slices.stride));
    }
  });

  it.each(cases)('of $bits bits come back from rows', ({ words, join }) => {
    expect(join(sliceWords(words))).toEqual(words);
  });

  it.each(cases)('of $bits bits are cut to their low bits, and come back with zeros above', ({ bits, words, join }) => {
    for (const rows of [1, 5, bits - 1]) {
      const slices = sliceWords(words, rows);
      expect(slices.words).toEqual(sliceWords(words).words.slice(0, rows * slices.stride));
      const low = join(slices);
      for (const [lane, word] of words.entries()) {
        expect(BigInt(low[lane]!)).toBe(BigInt.asUintN(rows, BigInt(word)));
      }
    }
  });
});
