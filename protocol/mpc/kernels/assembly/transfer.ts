// Oblivious transfer in bulk: the extension's columns and their transposition (Ishai, Kilian, Nissim and Petrank 2003,
// §3), what surrounds the permutation in a hash, and products on the bits of the receiver's numbers. What stays secret
// takes part in no branch and in no address.
import { addStream, prepareStream } from '../../../kernels/assembly/stream';

/** Columns of the extension: the bits of a label. */
const COLUMNS: usize = 128;

/** Bytes of a prepared stream, and of what one of its steps gives: see stream.ts. */
const STREAM: usize = 96;
const GROUP: usize = 256;

const ROUNDS: i32 = 12;

/** Prepares `count` streams of 96 bytes from as many keys of 32 bytes. */
export function prepareStreams(keys: usize, streams: usize, count: u32): void {
  for (let i: usize = 0; i < count; i++) {
    const stream = streams + STREAM * i;
    v128.store(stream, v128.load(keys + 32 * i));
    v128.store(stream, v128.load(keys + 32 * i, 16), 16);
    prepareStream(stream);
  }
}

/** Writes, not adds, four blocks of a stream. */
function expand(stream: usize, counter: u32, target: usize): void {
  memory.fill(target, 0, GROUP);
  addStream(stream, counter, target, 1, ROUNDS);
}

function low(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

function high(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/** From one byte of each of 16 columns to 16 bits of each of eight rows: the sign bits, then the bits below them. */
function storeRows(to: usize, bytes: v128): void {
  store<u16>(to, <u16>i8x16.bitmask(i64x2.shl(bytes, 7)), 0);
  store<u16>(to, <u16>i8x16.bitmask(i64x2.shl(bytes, 6)), 16);
  store<u16>(to, <u16>i8x16.bitmask(i64x2.shl(bytes, 5)), 32);
  store<u16>(to, <u16>i8x16.bitmask(i64x2.shl(bytes, 4)), 48);
  store<u16>(to, <u16>i8x16.bitmask(i64x2.shl(bytes, 3)), 64);
  store<u16>(to, <u16>i8x16.bitmask(i64x2.shl(bytes, 2)), 80);
  store<u16>(to, <u16>i8x16.bitmask(i64x2.shl(bytes, 1)), 96);
  store<u16>(to, <u16>i8x16.bitmask(bytes), 112);
}

/** 16 columns of 128 bits: their bytes are transposed in registers by four rounds of interleaving, then their bits. */
function transposeColumns(from: usize, stride: usize, to: usize): void {
  const c0 = v128.load(from);
  const c1 = v128.load(from + stride);
  const c2 = v128.load(from + 2 * stride);
  const c3 = v128.load(from + 3 * stride);
  const c4 = v128.load(from + 4 * stride);
  const c5 = v128.load(from + 5 * stride);
  const c6 = v128.load(from + 6 * stride);
  const c7 = v128.load(from + 7 * stride);
  const c8 = v128.load(from + 8 * stride);
  const c9 = v128.load(from + 9 * stride);
  const c10 = v128.load(from + 10 * stride);
  const c11 = v128.load(from + 11 * stride);
  const c12 = v128.load(from + 12 * stride);
  const c13 = v128.load(from + 13 * stride);
  const c14 = v128.load(from + 14 * stride);
  const c15 = v128.load(from + 15 * stride);
  const d0 = low(c0, c8);
  const d1 = high(c0, c8);
  const d2 = low(c1, c9);
  const d3 = high(c1, c9);
  const d4 = low(c2, c10);
  const d5 = high(c2, c10);
  const d6 = low(c3, c11);
  const d7 = high(c3, c11);
  const d8 = low(c4, c12);
  const d9 = high(c4, c12);
  const d10 = low(c5, c13);
  const d11 = high(c5, c13);
  const d12 = low(c6, c14);
  const d13 = high(c6, c14);
  const d14 = low(c7, c15);
  const d15 = high(c7, c15);
  const e0 = low(d0, d8);
  const e1 = high(d0, d8);
  const e2 = low(d1, d9);
  const e3 = high(d1, d9);
  const e4 = low(d2, d10);
  const e5 = high(d2, d10);
  const e6 = low(d3, d11);
  const e7 = high(d3, d11);
  const e8 = low(d4, d12);
  const e9 = high(d4, d12);
  const e10 = low(d5, d13);
  const e11 = high(d5, d13);
  const e12 = low(d6, d14);
  const e13 = high(d6, d14);
  const e14 = low(d7, d15);
  const e15 = high(d7, d15);
  const f0 = low(e0, e8);
  const f1 = high(e0, e8);
  const f2 = low(e1, e9);
  const f3 = high(e1, e9);
  const f4 = low(e2, e10);
  const f5 = high(e2, e10);
  const f6 = low(e3, e11);
  const f7 = high(e3, e11);
  const f8 = low(e4, e12);
  const f9 = high(e4, e12);
  const f10 = low(e5, e13);
  const f11 = high(e5, e13);
  const f12 = low(e6, e14);
  const f13 = high(e6, e14);
  const f14 = low(e7, e15);
  const f15 = high(e7, e15);
  const g0 = low(f0, f8);
  const g1 = high(f0, f8);
  const g2 = low(f1, f9);
  const g3 = high(f1, f9);
  const g4 = low(f2, f10);
  const g5 = high(f2, f10);
  const g6 = low(f3, f11);
  const g7 = high(f3, f11);
  const g8 = low(f4, f12);
  const g9 = high(f4, f12);
  const g10 = low(f5, f13);
  const g11 = high(f5, f13);
  const g12 = low(f6, f14);
  const g13 = high(f6, f14);
  const g14 = low(f7, f15);
  const g15 = high(f7, f15);
  storeRows(to, g0);
  storeRows(to + 128, g1);
  storeRows(to + 256, g2);
  storeRows(to + 384, g3);
  storeRows(to + 512, g4);
  storeRows(to + 640, g5);
  storeRows(to + 768, g6);
  storeRows(to + 896, g7);
  storeRows(to + 1024, g8);
  storeRows(to + 1152, g9);
  storeRows(to + 1280, g10);
  storeRows(to + 1408, g11);
  storeRows(to + 1536, g12);
  storeRows(to + 1664, g13);
  storeRows(to + 1792, g14);
  storeRows(to + 1920, g15);
}

/** 128 columns of 128 bits, `stride` bytes apart, become 128 rows of 16 bytes: bit j of row i is bit i of column j. */
export function transposeBlock(from: usize, stride: usize, to: usize): void {
  for (let column: usize = 0; column < COLUMNS; column += 16) {
    transposeColumns(from + column * stride, stride, to + column / 8);
  }
}

/** The blocks of a tile that are wanted, as rows. */
function storeTile(tile: usize, rows: usize, width: usize): void {
  for (let at: usize = 0; at < width; at += 16) transposeBlock(tile + at, GROUP, rows + 128 * at);
}

/**
 * The receiver's side: column j of T is the stream of its key 2j, and of the message that stream ⊕ the stream of key 2j
 * + 1 ⊕ the choices. Works in tiles of 2 048 transfers, which stay in the nearest cache.
 * @param streams 256 prepared streams
 * @param counter the streams' block number
 * @param choices `width` bytes
 * @param width bytes of a column: a multiple of 16
 * @param tile 129 · 256 bytes of scratch
 * @param message 128 · width bytes: for each tile, its part of each column
 * @param rows 8 · width rows of 16 bytes: T transposed
 */
export function extendReceiver(
  streams: usize,
  counter: u32,
  choices: usize,
  width: usize,
  tile: usize,
  message: usize,
  rows: usize,
): void {
  const other = tile + COLUMNS * GROUP;
  for (let from: usize = 0; from < width; from += GROUP) {
    const wanted = min(GROUP, width - from);
    for (let column: usize = 0; column < COLUMNS; column++) {
      const own = tile + column * GROUP;
      expand(streams + 2 * STREAM * column, counter, own);
      expand(streams + 2 * STREAM * column + STREAM, counter, other);
      const target = message + COLUMNS * from + column * wanted;
      for (let at: usize = 0; at < wanted; at += 16) {
        const masked = v128.xor(v128.load(own + at), v128.load(other + at));
        v128.store(target + at, v128.xor(masked, v128.load(choices + from + at)));
      }
    }
    storeTile(tile, rows + 128 * from, wanted);
    counter += 4;
  }
}

/**
 * The sender's side: column j of Q is its stream j ⊕ delta_j · the message's column j.
 * @param streams 128 prepared streams
 * @param delta 16 bytes
 * @param tile 128 · 256 bytes of scratch
 */
export function extendSender(
  streams: usize,
  counter: u32,
  delta: usize,
  width: usize,
  tile: usize,
  message: usize,
  rows: usize,
): void {
  for (let from: usize = 0; from < width; from += GROUP) {
    const wanted = min(GROUP, width - from);
    for (let column: usize = 0; column < COLUMNS; column++) {
      const own = tile + column * GROUP;
      expand(streams + STREAM * column, counter, own);
      const bit = (load<u8>(delta + column / 8) >> (<u8>(column % 8))) & 1;
      const chosen = i8x16.splat(-(<i8>bit));
      const source = message + COLUMNS * from + column * wanted;
      for (let at: usize = 0; at < wanted; at += 16) {
        const corrected = v128.xor(v128.load(own + at), v128.and(chosen, v128.load(source + at)));
        v128.store(own + at, corrected);
      }
    }
    storeTile(tile, rows + 128 * from, wanted);
    counter += 4;
  }
}

/**
 * What goes into the permutation when labels are hashed: σ(label ⊕ offset) ⊕ tweak, where σ(l, r) = (l ⊕ r, l) with l
 * as the upper half, and the tweak counts the blocks from `tweak` on. Each label gives `blocks` blocks.
 */
export function hashInputs(labels: usize, count: u32, blocks: u32, offset: usize, tweak: u32, target: usize): void {
  const difference = v128.load(offset);
  const upper = i64x2(0, -1);
  for (let i: usize = 0; i < count; i++) {
    const label = v128.xor(v128.load(labels + 16 * i), difference);
    const mixed = v128.xor(i64x2.shuffle(label, label, 1, 0), v128.and(label, upper));
    for (let block: u32 = 0; block < blocks; block++) {
      v128.store(target, v128.xor(mixed, i64x2(<i64>tweak, 0)));
      target += 16;
      tweak++;
    }
  }
}

/** target ^= source, in blocks of 16 bytes. */
export function xorBlocks(target: usize, source: usize, blocks: u32): void {
  for (let i: usize = 0; i < blocks; i++) {
    v128.store(target + 16 * i, v128.xor(v128.load(target + 16 * i), v128.load(source + 16 * i)));
  }
}

/** The lowest bit of each of 8 · bytes blocks, packed. */
export function packLowBits(blocks: usize, bytes: u32, target: usize): void {
  for (let i: usize = 0; i < bytes; i++) {
    let packed: u32 = 0;
    for (let bit: usize = 0; bit < 8; bit++) {
      packed |= (<u32>(load<u8>(blocks + 16 * (8 * i + bit)) & 1)) << (<u32>bit);
    }
    store<u8>(target + i, <u8>packed);
  }
}

// Products on the bits of numbers (Gilboa 1999, §4.1; as matrices, Mohassel and Zhang 2017, §IV-E). A linear map is
// described by runs: input i is multiplied with `length` weights, `weightStep` apart, and the products belong to as
// many outputs, `outputStep` apart. An element is a number of the receiver: input e mod inputs of the instance ⌊e /
// inputs⌋ of the batch.

/**
 * Offsets in the description of a map: words of 32 bits, then a table of where each input's runs begin, then the runs.
 */
const INPUTS: usize = 0;
const OUTPUTS: usize = 4;
const LENGTH: usize = 8;
const WEIGHT_STEP: usize = 12;
const OUTPUT_STEP: usize = 16;
const RUNS: usize = 20;

/** Bit `bit` of each element's number, packed from bit `first` of `target` on, which holds zeros there. */
function choose<T>(values: usize, elements: usize, count: u32, bit: u32, target: usize, first: u32): void {
  for (let k: u32 = 0; k < count; k++) {
    const value = load<T>(values + <usize>load<u32>(elements + 4 * <usize>k) * sizeof<T>());
    const chosen = (<u32>(value >> (<T>bit))) & 1;
    const at = first + k;
    const byte = target + <usize>(at >> 3);
    store<u8>(byte, load<u8>(byte) | (<u8>(chosen << (at & 7))));
  }
}

/** {@link choose} for numbers of 32 bits. */
export function choose32(values: usize, elements: usize, count: u32, bit: u32, target: usize, first: u32): void {
  choose<u32>(values, elements, count, bit, target, first);
}

/** {@link choose} for numbers of 64 bits. */
export function choose64(values: usize, elements: usize, count: u32, bit: u32, target: usize, first: u32): void {
  choose<u64>(values, elements, count, bit, target, first);
}

/**
 * The sender's side: of each element the message zero + weight − one for each of its products, in `width` bytes, and
 * −zero · 2^bit into the sender's share. Reads and writes a whole number at each place, so up to 8 bytes past the end;
 * ends where the next piece begins.
 */
function offer<T>(
  map: usize,
  weights: usize,
  elements: usize,
  count: u32,
  bit: u32,
  width: usize,
  zeros: usize,
  ones: usize,
  padBytes: usize,
  share: usize,
  target: usize,
): void {
  const inputs = load<u32>(map, INPUTS);
  const outputs = load<u32>(map, OUTPUTS);
  const length = load<u32>(map, LENGTH);
  const weightStep = <usize>load<u32>(map, WEIGHT_STEP) * sizeof<T>();
  const outputStep = <usize>load<u32>(map, OUTPUT_STEP) * sizeof<T>();
  const table = map + RUNS;
  const runs = table + 4 * <usize>(inputs + 1);
  for (let k: usize = 0; k < count; k++) {
    const element = load<u32>(elements + 4 * k);
    const starts = table + 4 * <usize>(element % inputs);
    const end = runs + 8 * <usize>load<u32>(starts, 4);
    const image = share + <usize>(element / inputs) * outputs * sizeof<T>();
    let zero = zeros + k * padBytes;
    let one = ones + k * padBytes;
    for (let run = runs + 8 * <usize>load<u32>(starts); run < end; run += 8) {
      let weight = weights + <usize>load<u32>(run) * sizeof<T>();
      let output = image + <usize>load<u32>(run, 4) * sizeof<T>();
      for (let n: u32 = 0; n < length; n++) {
        const pad = load<T>(zero);
        store<T>(target, <T>(pad + load<T>(weight) - load<T>(one)));
        store<T>(output, <T>(load<T>(output) - (pad << (<T>bit))));
        zero += width;
        one += width;
        target += width;
        weight += weightStep;
        output += outputStep;
      }
    }
  }
}

/** {@link offer} for numbers of 32 bits. */
export function offer32(
  map: usize,
  weights: usize,
  elements: usize,
  count: u32,
  bit: u32,
  width: usize,
  zeros: usize,
  ones: usize,
  padBytes: usize,
  share: usize,
  target: usize,
): void {
  offer<u32>(map, weights, elements, count, bit, width, zeros, ones, padBytes, share, target);
}

/** {@link offer} for numbers of 64 bits. */
export function offer64(
  map: usize,
  weights: usize,
  elements: usize,
  count: u32,
  bit: u32,
  width: usize,
  zeros: usize,
  ones: usize,
  padBytes: usize,
  share: usize,
  target: usize,
): void {
  offer<u64>(map, weights, elements, count, bit, width, zeros, ones, padBytes, share, target);
}

/**
 * The receiver's side: (pad + choice · message) · 2^bit into its share; the choices begin at bit `first` of `choices`.
 */
function accept<T>(
  map: usize,
  elements: usize,
  count: u32,
  bit: u32,
  width: usize,
  pads: usize,
  padBytes: usize,
  choices: usize,
  first: u32,
  message: usize,
  share: usize,
): void {
  const inputs = load<u32>(map, INPUTS);
  const outputs = load<u32>(map, OUTPUTS);
  const length = load<u32>(map, LENGTH);
  const outputStep = <usize>load<u32>(map, OUTPUT_STEP) * sizeof<T>();
  const table = map + RUNS;
  const runs = table + 4 * <usize>(inputs + 1);
  for (let k: usize = 0; k < count; k++) {
    const element = load<u32>(elements + 4 * k);
    const starts = table + 4 * <usize>(element % inputs);
    const end = runs + 8 * <usize>load<u32>(starts, 4);
    const image = share + <usize>(element / inputs) * outputs * sizeof<T>();
    const at = first + <u32>k;
    const chosen = <T>0 - <T>((load<u8>(choices + <usize>(at >> 3)) >> (<u8>(at & 7))) & 1);
    let pad = pads + k * padBytes;
    for (let run = runs + 8 * <usize>load<u32>(starts); run < end; run += 8) {
      let output = image + <usize>load<u32>(run, 4) * sizeof<T>();
      for (let n: u32 = 0; n < length; n++) {
        const product = <T>(load<T>(pad) + (chosen & load<T>(message)));
        store<T>(output, <T>(load<T>(output) + (product << (<T>bit))));
        pad += width;
        message += width;
        output += outputStep;
      }
    }
  }
}

/** {@link accept} for numbers of 32 bits. */
export function accept32(
  map: usize,
  elements: usize,
  count: u32,
  bit: u32,
  width: usize,
  pads: usize,
  padBytes: usize,
  choices: usize,
  first: u32,
  message: usize,
  share: usize,
): void {
  accept<u32>(map, elements, count, bit, width, pads, padBytes, choices, first, message, share);
}

/** {@link accept} for numbers of 64 bits. */
export function accept64(
  map: usize,
  elements: usize,
  count: u32,
  bit: u32,
  width: usize,
  pads: usize,
  padBytes: usize,
  choices: usize,
  first: u32,
  message: usize,
  share: usize,
): void {
  accept<u64>(map, elements, count, bit, width, pads, padBytes, choices, first, message, share);
}
