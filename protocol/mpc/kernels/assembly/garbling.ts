// Garbled AND gates: everything but the permutation, which the host applies to a batch of blocks between two calls.
//
// A label is one vector; its colour is the lowest bit of byte 0. A record of a program is 16 bytes: kind, left, right,
// out as u32, of which the last three are slots. Slot s is `lanes` labels from labels + 16 · lanes · s. Every kernel
// works on records × lanes, records first. What a slot holds is read again after the permutation, not kept as a block.
//
// The hash (Guo, Katz, Wang and Yu 2020, §7.3): H(x, t) = π(σ(x) ⊕ t) ⊕ σ(x) ⊕ t with σ(l, r) = (r ⊕ l, l) on halves.

export * from './permutation';
export { evaluateThreeHalves, garbleThreeHalves, prepareThreeEvaluation, prepareThreeHalves } from './three-halves';

/** Kinds of gates that need no table; the numbers are GATE's in protocol/mpc/circuits. */
const NOT: u32 = 2;

function sigma(x: v128): v128 {
  return v128.xor(v128.shuffle<u64>(x, x, 1, 0), v128.and(x, i64x2(-1, 0)));
}

/** All ones if the label's colour is 1, else zero. */
function colour(x: v128): v128 {
  const mask = i32x4.shr_s(i32x4.shl(x, 31), 31);
  return v128.shuffle<u32>(mask, mask, 0, 0, 0, 0);
}

/** XOR and NOT gates. `offset` is what NOT adds: the garbler's delta, or the evaluator's zero block. */
export function freeGates(program: usize, gates: u32, lanes: u32, labels: usize, offset: usize): void {
  const size = (<usize>lanes) << 4;
  const flip = v128.load(offset);
  for (let gate: u32 = 0; gate < gates; gate++, program += 16) {
    const left = labels + <usize>load<u32>(program, 4) * size;
    const right = labels + <usize>load<u32>(program, 8) * size;
    const out = labels + <usize>load<u32>(program, 12) * size;
    if (load<u32>(program) == NOT) {
      for (let at: usize = 0; at < size; at += 16) {
        v128.store(out + at, v128.xor(v128.load(left + at), flip));
      }
    } else {
      for (let at: usize = 0; at < size; at += 16) {
        v128.store(out + at, v128.xor(v128.load(left + at), v128.load(right + at)));
      }
    }
  }
}

/** Half-gates, garbler: the four blocks to permute for each AND, of A, A ⊕ Δ, B, B ⊕ Δ. Tweaks count up from `tweak`. */
export function prepareHalfGates(
  program: usize,
  gates: u32,
  lanes: u32,
  labels: usize,
  delta: usize,
  tweak: u32,
  blocks: usize,
): void {
  const size = (<usize>lanes) << 4;
  const turned = sigma(v128.load(delta));
  const one = i64x2(1, 0);
  let counter = i64x2(tweak, 0);
  for (let gate: u32 = 0; gate < gates; gate++, program += 16) {
    const left = labels + <usize>load<u32>(program, 4) * size;
    const right = labels + <usize>load<u32>(program, 8) * size;
    for (let at: usize = 0; at < size; at += 16, blocks += 64) {
      const a = v128.xor(sigma(v128.load(left + at)), counter);
      counter = i64x2.add(counter, one);
      const b = v128.xor(sigma(v128.load(right + at)), counter);
      counter = i64x2.add(counter, one);
      v128.store(blocks, a);
      v128.store(blocks, v128.xor(a, turned), 16);
      v128.store(blocks, b, 32);
      v128.store(blocks, v128.xor(b, turned), 48);
    }
  }
}

/** Half-gates, garbler (Zahur, Rosulek and Evans 2015, figure 2): tables of 32 bytes an AND, and the zero labels. */
export function garbleHalfGates(
  program: usize,
  gates: u32,
  lanes: u32,
  labels: usize,
  delta: usize,
  tweak: u32,
  permuted: usize,
  tables: usize,
): void {
  const size = (<usize>lanes) << 4;
  const difference = v128.load(delta);
  const turned = sigma(difference);
  const one = i64x2(1, 0);
  let counter = i64x2(tweak, 0);
  for (let gate: u32 = 0; gate < gates; gate++, program += 16) {
    const left = labels + <usize>load<u32>(program, 4) * size;
    const right = labels + <usize>load<u32>(program, 8) * size;
    const out = labels + <usize>load<u32>(program, 12) * size;
    for (let at: usize = 0; at < size; at += 16, permuted += 64, tables += 32) {
      const a = v128.load(left + at);
      const b = v128.load(right + at);
      const permutedA = v128.load(permuted);
      const hashA = v128.xor(permutedA, v128.xor(sigma(a), counter));
      counter = i64x2.add(counter, one);
      // H(A) ⊕ H(A ⊕ Δ): the tweaks and σ(A) cancel.
      const bothA = v128.xor(v128.xor(permutedA, v128.load(permuted, 16)), turned);
      const permutedB = v128.load(permuted, 32);
      const hashB = v128.xor(permutedB, v128.xor(sigma(b), counter));
      counter = i64x2.add(counter, one);
      const bothB = v128.xor(v128.xor(permutedB, v128.load(permuted, 48)), turned);
      const garblerHalf = v128.xor(bothA, v128.and(difference, colour(b)));
      const evaluatorHalf = v128.xor(bothB, a);
      v128.store(tables, garblerHalf);
      v128.store(tables, evaluatorHalf, 16);
      const first = v128.xor(hashA, v128.and(garblerHalf, colour(a)));
      const second = v128.xor(hashB, v128.and(bothB, colour(b)));
      v128.store(out + at, v128.xor(first, second));
    }
  }
}

/** Half-gates, evaluator: the two blocks to permute for each AND. */
export function prepareHalfEvaluation(
  program: usize,
  gates: u32,
  lanes: u32,
  labels: usize,
  tweak: u32,
  blocks: usize,
): void {
  const size = (<usize>lanes) << 4;
  const one = i64x2(1, 0);
  let counter = i64x2(tweak, 0);
  for (let gate: u32 = 0; gate < gates; gate++, program += 16) {
    const left = labels + <usize>load<u32>(program, 4) * size;
    const right = labels + <usize>load<u32>(program, 8) * size;
    for (let at: usize = 0; at < size; at += 16, blocks += 32) {
      v128.store(blocks, v128.xor(sigma(v128.load(left + at)), counter));
      counter = i64x2.add(counter, one);
      v128.store(blocks, v128.xor(sigma(v128.load(right + at)), counter), 16);
      counter = i64x2.add(counter, one);
    }
  }
}

/** Half-gates, evaluator: the label of each AND. */
export function evaluateHalfGates(
  program: usize,
  gates: u32,
  lanes: u32,
  labels: usize,
  tweak: u32,
  permuted: usize,
  tables: usize,
): void {
  const size = (<usize>lanes) << 4;
  const one = i64x2(1, 0);
  let counter = i64x2(tweak, 0);
  for (let gate: u32 = 0; gate < gates; gate++, program += 16) {
    const left = labels + <usize>load<u32>(program, 4) * size;
    const right = labels + <usize>load<u32>(program, 8) * size;
    const out = labels + <usize>load<u32>(program, 12) * size;
    for (let at: usize = 0; at < size; at += 16, permuted += 32, tables += 32) {
      const a = v128.load(left + at);
      const b = v128.load(right + at);
      const hashA = v128.xor(v128.load(permuted), v128.xor(sigma(a), counter));
      counter = i64x2.add(counter, one);
      const hashB = v128.xor(v128.load(permuted, 16), v128.xor(sigma(b), counter));
      counter = i64x2.add(counter, one);
      const first = v128.xor(hashA, v128.and(v128.load(tables), colour(a)));
      const second = v128.xor(hashB, v128.and(v128.xor(v128.load(tables, 16), a), colour(b)));
      v128.store(out + at, v128.xor(first, second));
    }
  }
}

/** The blocks to permute for H(x ⊕ offset, tweak + i) of `count` labels in a row. */
export function prepareHashes(labels: usize, count: u32, offset: usize, tweak: u32, blocks: usize): void {
  const added = sigma(v128.load(offset));
  const one = i64x2(1, 0);
  let counter = i64x2(tweak, 0);
  const end = labels + ((<usize>count) << 4);
  for (; labels < end; labels += 16, blocks += 16) {
    v128.store(blocks, v128.xor(v128.xor(sigma(v128.load(labels)), added), counter));
    counter = i64x2.add(counter, one);
  }
}

/** blocks ⊕= permuted: the hashes of {@link prepareHashes}. */
export function finishHashes(blocks: usize, permuted: usize, count: u32): void {
  const end = blocks + ((<usize>count) << 4);
  for (; blocks < end; blocks += 16, permuted += 16) {
    v128.store(blocks, v128.xor(v128.load(blocks), v128.load(permuted)));
  }
}

/** labels[j] ⊕= delta for each lane j whose bit is set in the row of bits. No branch on a bit. */
export function addDelta(labels: usize, lanes: u32, delta: usize, bits: usize): void {
  const difference = v128.load(delta);
  for (let lane: u32 = 0; lane < lanes; lane++, labels += 16) {
    const bit = (load<u32>(bits + ((<usize>(lane >> 5)) << 2)) >> (lane & 31)) & 1;
    v128.store(labels, v128.xor(v128.load(labels), v128.and(difference, i32x4.splat(-(<i32>bit)))));
  }
}

/** The colours of `lanes` labels in a row, as a row of bits. */
export function readColours(labels: usize, lanes: u32, bits: usize): void {
  for (let lane: u32 = 0; lane < lanes; lane++, labels += 16) {
    const word = bits + ((<usize>(lane >> 5)) << 2);
    store<u32>(word, load<u32>(word) | ((load<u32>(labels) & 1) << (lane & 31)));
  }
}
