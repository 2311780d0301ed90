import { describe, expect, it } from 'vitest';
import { type Arena, leaseArena, returnArena } from '../../../protocol/mpc/kernels/arena.ts';
import { Prg } from '../../../protocol/mpc/prg.ts';
import { packRows, rowWords, unpackRows } from '../../../protocol/mpc/slices.ts';
import { drawSlices } from './dealing.ts';

const prg = new Prg(new Uint8Array(32).fill(3));
const ROWS = 9;

function inArena(work: (memory: Arena) => void): void {
  const memory = leaseArena();
  try {
    work(memory);
  } finally {
    returnArena(memory);
  }
}

/** Three gates on nine rows, of which one reads what an earlier one wrote. */
const program = Uint32Array.of(6, 0, 1, 7, 6, 2, 8, 4, 4);

describe.each([1, 128, 200, 1000])('kernels on rows of %i lanes', (lanes) => {
  const stride = rowWords(lanes);
  const rowBytes = 4 * stride;
  const row = (words: Uint32Array, at: number): Uint32Array => words.subarray(at * stride, (at + 1) * stride);

  it('XOR the rows that a program names, gate after gate', () => {
    inArena((memory) => {
      const expected = prg.words(ROWS * stride);
      const [gates, wires] = [memory.load(program), memory.load(expected)];
      memory.kernels.xorRows(gates, 3, wires, rowBytes);
      for (let gate = 0; gate < 9; gate += 3) {
        const [x, y] = [row(expected, program[gate + 1]!).slice(), row(expected, program[gate + 2]!)];
        row(expected, program[gate]!).set(x.map((word, i) => word ^ y[i]!));
      }
      expect(memory.words(wires, expected.length)).toEqual(expected);
    });
  });

  it('mask both operands of each gate, those of the second after all of the first', () => {
    inArena((memory) => {
      const [wires, a, b] = [prg.words(ROWS * stride), prg.words(3 * stride), prg.words(3 * stride)];
      const opened = memory.reserve(6 * rowBytes);
      const at = [program, wires, a, b].map((words) => memory.load(words)) as [number, number, number, number];
      memory.kernels.maskOperands(at[0], 3, at[1], rowBytes, at[2], at[3], opened);
      const expected = [0, 1].flatMap((operand) =>
        [0, 1, 2].flatMap((gate) => {
          const mask = row(operand === 0 ? a : b, gate);
          return [...row(wires, program[3 * gate + 1 + operand]!).map((word, i) => word ^ mask[i]!)];
        }),
      );
      expect([...memory.words(opened, 6 * stride)]).toEqual(expected);
    });
  });

  it.each([0, 0xffffffff])('multiply what was opened, with all of d ∧ e under the mask %i', (own) => {
    inArena((memory) => {
      const wires = prg.words(ROWS * stride);
      const [a, b, c] = [prg.words(3 * stride), prg.words(3 * stride), prg.words(3 * stride)];
      const [mine, theirs] = [prg.words(6 * stride), prg.words(6 * stride)];
      const [gates, atWires] = [memory.load(program), memory.load(wires)];
      const [atA, atB, atC] = [memory.load(a), memory.load(b), memory.load(c)];
      const [atMine, atTheirs] = [memory.load(mine), memory.load(theirs)];
      memory.kernels.multiplyRows(gates, 3, atWires, rowBytes, atA, atB, atC, atMine, atTheirs, own);
      for (let gate = 0; gate < 3; gate++) {
        for (let i = 0; i < stride; i++) {
          const at = gate * stride + i;
          const d = mine[at]! ^ theirs[at]!;
          const e = mine[at + 3 * stride]! ^ theirs[at + 3 * stride]!;
          wires[program[3 * gate]! * stride + i] = (own & d & e) ^ (d & b[at]!) ^ (e & a[at]!) ^ c[at]!;
        }
      }
      expect(memory.words(atWires, wires.length)).toEqual(wires);
    });
  });

  it('XOR bytes into others', () => {
    inArena((memory) => {
      const [a, b] = [prg.words(3 * stride), prg.words(3 * stride)];
      const [atA, atB] = [memory.load(a), memory.load(b)];
      memory.kernels.xorInto(atA, atB, 3 * rowBytes);
      expect(memory.words(atA, a.length)).toEqual(a.map((word, i) => word ^ b[i]!));
    });
  });
});

describe.each([1, 7, 8, 9, 127, 128, 129, 250])('messages of rows of %i lanes', (lanes) => {
  const slices = drawSlices(prg, ROWS, lanes);
  const width = Math.ceil(lanes / 8);
  const last = lanes % 8 === 0 ? 0xff : (1 << (lanes % 8)) - 1;

  it('are packed without their padding, as packRows does it', () => {
    inArena((memory) => {
      const source = memory.load(slices.words);
      const target = memory.reserve(ROWS * width + 16);
      memory.kernels.packRows(source, ROWS, 4 * slices.stride, target, width, last);
      expect(memory.bytes(target, ROWS * width)).toEqual(packRows(slices));
    });
  });

  it('are unpacked to the same lanes', () => {
    inArena((memory) => {
      const packed = packRows(slices);
      const source = memory.reserve(packed.length + 16);
      memory.bytes(source, packed.length).set(packed);
      const target = memory.reserve(slices.words.byteLength);
      expect(memory.kernels.unpackRows(source, ROWS, 4 * slices.stride, target, width, last)).toBe(1);
      const words = memory.words(target, slices.words.length).slice();
      expect(packRows({ ...slices, words })).toEqual(packed);
      expect(packRows(unpackRows(packed, ROWS, lanes))).toEqual(packed);
    });
  });

  it('are seen to be wrong if any bit after the last lane of any row is set', () => {
    let wrong = 0;
    inArena((memory) => {
      const source = memory.reserve(ROWS * width + 16);
      const target = memory.reserve(slices.words.byteLength);
      for (let at = 0; at < ROWS; at++) {
        for (let bit = lanes % 8; bit % 8 !== 0; bit++) {
          const packed = packRows(slices);
          packed[(at + 1) * width - 1]! |= 1 << bit;
          memory.bytes(source, packed.length).set(packed);
          expect(memory.kernels.unpackRows(source, ROWS, 4 * slices.stride, target, width, last)).toBe(0);
          wrong++;
        }
      }
    });
    expect(wrong).toBe(ROWS * (8 * width - lanes));
  });
});

const rings = [
  { bits: 32, draw: (count: number) => prg.words(count) },
  { bits: 64, draw: (count: number) => prg.longs(count) },
] as const;

describe.each(rings)('kernels on words of $bits bits', ({ bits, draw }) => {
  const lanes = 256;
  const rowBytes = lanes / 8;
  const wrap = (value: bigint): bigint => BigInt.asUintN(bits, value);
  const loaded = (memory: Arena, words: Uint32Array | BigUint64Array): number => memory.load(words);
  const read = (memory: Arena, at: number, count: number): bigint[] => {
    const bytes = memory.bytes(at, (count * bits) / 8).slice().buffer;
    return bits === 32 ? Array.from(new Uint32Array(bytes), BigInt) : [...new BigUint64Array(bytes)];
  };
  const numbers = (words: Uint32Array | BigUint64Array): bigint[] => Array.from(words, BigInt);
  const bitOf = (rows: Uint32Array, row: number, lane: number): bigint =>
    BigInt((rows[(row * lanes + lane) >> 5]! >>> (lane & 31)) & 1);

  it('add a power of two', () => {
    inArena((memory) => {
      for (const exponent of [0, 5, bits - 2, bits - 1]) {
        const words = draw(lanes);
        const at = loaded(memory, words);
        memory.kernels[`addPower${bits}`](at, words.byteLength, exponent);
        expect(read(memory, at, lanes)).toEqual(numbers(words).map((word) => wrap(word + (1n << BigInt(exponent)))));
      }
    });
  });

  it.each([0, 1, 12, bits - 1])('finish a ReLU with a shift of %i', (shift) => {
    const rows = prg.words((3 * rowBytes) / 4);
    const [mine, theirs] = [draw(lanes), draw(lanes)];
    const dealt = Array.from({ length: shift === 0 ? 3 : 7 }, () => draw(lanes));
    for (const own of [0, 0xffffffff]) {
      inArena((memory) => {
        const at = loaded(memory, mine);
        const [atRows, atTheirs] = [memory.load(rows), loaded(memory, theirs)];
        const [atDealt] = dealt.map((words) => loaded(memory, words)) as [number];
        memory.kernels[`finishRectify${bits}`](atRows, rowBytes, at, atTheirs, atDealt, shift, own, at);
        const expected = Array.from({ length: lanes }, (_, lane) => {
          const [d, a, da, e = 0n, de = 0n, f = 0n, df = 0n] = dealt.map((words) => BigInt(words[lane]!));
          const [s, c, w] = [bitOf(rows, 0, lane), bitOf(rows, 1, lane), bitOf(rows, 2, lane)] as const;
          const carried = shift === 0 ? 0n : c - (w << BigInt(bits - shift));
          const top = 1n << BigInt(bits - shift);
          const shifted = (x: bigint, y: bigint): bigint =>
            shift === 0 ? 0n : (1n - 2n * c) * x - top * (1n - 2n * w) * y;
          const known = BigInt(mine[lane]!) + BigInt(theirs[lane]!) + carried;
          const rest = a! + shifted(e, f);
          const signRest = da! + shifted(de, df);
          const open = own === 0 ? 0n : known;
          return wrap(s * (open + rest) + (1n - 2n * s) * (known * d! + signRest));
        });
        expect(read(memory, at, lanes)).toEqual(expected);
      });
    }
  });

  it.each([1, 12, bits - 1])('finish an exact shift by %i', (shift) => {
    const rows = prg.words((2 * rowBytes) / 4);
    const [share, carry, wrapped] = [draw(lanes), draw(lanes), draw(lanes)];
    for (const own of [0, 0xffffffff]) {
      inArena((memory) => {
        const [at, atRows, atDealt] = [loaded(memory, share), memory.load(rows), loaded(memory, carry)];
        loaded(memory, wrapped);
        const offset = bits - 1 - shift;
        memory.kernels[`finishTruncate${bits}`](atRows, rowBytes, at, atDealt, shift, offset, own);
        const expected = Array.from({ length: lanes }, (_, lane) => {
          const [c, w] = [bitOf(rows, 0, lane), bitOf(rows, 1, lane)];
          const top = 1n << BigInt(bits - shift);
          const known = c - top * w - (1n << BigInt(offset));
          const dealt = (1n - 2n * c) * BigInt(carry[lane]!) - top * (1n - 2n * w) * BigInt(wrapped[lane]!);
          return wrap(BigInt(share[lane]!) + dealt + (own === 0 ? 0n : known));
        });
        expect(read(memory, at, lanes)).toEqual(expected);
      });
    }
  });
});
