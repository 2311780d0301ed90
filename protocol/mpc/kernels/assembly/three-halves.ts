// Three-halves (Rosulek and Roy 2021): an AND takes three half labels and six bits, 25 bytes, instead of two labels.
//
// Labels are cut into a left and a right half, of 64 bits each. Colours i and j of the operands name one of four cases, in
// which the evaluator computes its half labels (§4) as
//   left   H(A) ⊕ H(A ⊕ B) ⊕ i·G0 ⊕ (i ⊕ j)·G2 ⊕ L(r, i)
//   right  H(B) ⊕ H(A ⊕ B) ⊕ j·G1 ⊕ (i ⊕ j)·G2 ⊕ R(r)
// from the hashes' lower halves. Two bits r of the case ("dice", §5) choose what is added of the operands' own halves:
//   r0: left A_l ⊕ A_r ⊕ B_r, right A_r ⊕ B_l     r1: left A_l ⊕ B_l ⊕ B_r, right A_l ⊕ A_r ⊕ B_r
// and always i·B_l on the left and j·A_r on the right. The four cases' r agree with the gate's truth table if, a and b being the colours of the
// labels for 0, those of cases 01, 10 and 11 differ from that of 00 by (a, b), (b, a ⊕ b) and (a ⊕ b, a): one equation
// for each vector of the left kernel of the system for (C_l, C_r, G0, G1, G2). So r of any one case is uniform whatever
// the gate's colours mean, and says nothing of them. That of case 00 is what the hashes give; of the others it is
// encrypted by bits of the hashes' upper halves that no other case uses. Our dice are a subspace of two dimensions found
// by search over all of them, and take one bit more than the paper's: with whole bytes both come to 25.

const HALVES: usize = 25;

function sigma(x: v128): v128 {
  return v128.xor(v128.shuffle<u64>(x, x, 1, 0), v128.and(x, i64x2(-1, 0)));
}

/** Left half of what r adds. */
function addedLeft(r: u64, al: u64, ar: u64, bl: u64, br: u64): u64 {
  const common = al ^ br;
  return ((common ^ ar) & -(r & 1)) ^ ((common ^ bl) & -((r >> 1) & 1));
}

/** Right half of what r adds. */
function addedRight(r: u64, al: u64, ar: u64, bl: u64, br: u64): u64 {
  return ((ar ^ bl) & -(r & 1)) ^ ((al ^ ar ^ br) & -((r >> 1) & 1));
}

/** The garbler's label of colour 0. */
function colourless(label: v128, delta: v128): v128 {
  const mask = i32x4.shr_s(i32x4.shl(label, 31), 31);
  return v128.xor(label, v128.and(delta, v128.shuffle<u32>(mask, mask, 0, 0, 0, 0)));
}

/** Garbler: six blocks for each AND, of A, A ⊕ Δ, B, B ⊕ Δ, A ⊕ B, A ⊕ B ⊕ Δ; A and B are the labels of colour 0. */
export function prepareThreeHalves(
  program: usize,
  gates: u32,
  lanes: u32,
  labels: usize,
  delta: usize,
  tweak: u32,
  blocks: usize,
): void {
  const size = (<usize>lanes) << 4;
  const difference = v128.load(delta);
  const turned = sigma(difference);
  const one = i64x2(1, 0);
  let counter = i64x2(tweak, 0);
  for (let gate: u32 = 0; gate < gates; gate++, program += 16) {
    const left = labels + <usize>load<u32>(program, 4) * size;
    const right = labels + <usize>load<u32>(program, 8) * size;
    for (let at: usize = 0; at < size; at += 16, blocks += 96) {
      const a = sigma(colourless(v128.load(left + at), difference));
      const b = sigma(colourless(v128.load(right + at), difference));
      const forA = v128.xor(a, counter);
      counter = i64x2.add(counter, one);
      const forB = v128.xor(b, counter);
      counter = i64x2.add(counter, one);
      const forBoth = v128.xor(v128.xor(a, b), counter);
      counter = i64x2.add(counter, one);
      v128.store(blocks, forA);
      v128.store(blocks, v128.xor(forA, turned), 16);
      v128.store(blocks, forB, 32);
      v128.store(blocks, v128.xor(forB, turned), 48);
      v128.store(blocks, forBoth, 64);
      v128.store(blocks, v128.xor(forBoth, turned), 80);
    }
  }
}

/** Garbler: tables of 25 bytes an AND, and the labels for 0. */
export function garbleThreeHalves(
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
  const dl = load<u64>(delta);
  const dr = load<u64>(delta, 8);
  const one = i64x2(1, 0);
  let counter = i64x2(tweak, 0);
  for (let gate: u32 = 0; gate < gates; gate++, program += 16) {
    const left = labels + <usize>load<u32>(program, 4) * size;
    const right = labels + <usize>load<u32>(program, 8) * size;
    const out = labels + <usize>load<u32>(program, 12) * size;
    for (let at: usize = 0; at < size; at += 16, permuted += 96, tables += HALVES) {
      const colourA = load<u64>(left + at) & 1;
      const colourB = load<u64>(right + at) & 1;
      const a = colourless(v128.load(left + at), difference);
      const b = colourless(v128.load(right + at), difference);
      const turnedA = sigma(a);
      const turnedB = sigma(b);
      const inA = v128.xor(turnedA, counter);
      counter = i64x2.add(counter, one);
      const inB = v128.xor(turnedB, counter);
      counter = i64x2.add(counter, one);
      const inBoth = v128.xor(v128.xor(turnedA, turnedB), counter);
      counter = i64x2.add(counter, one);
      const a0 = v128.xor(v128.load(permuted), inA);
      const a1 = v128.xor(v128.load(permuted, 16), v128.xor(inA, turned));
      const b0 = v128.xor(v128.load(permuted, 32), inB);
      const b1 = v128.xor(v128.load(permuted, 48), v128.xor(inB, turned));
      const x0 = v128.xor(v128.load(permuted, 64), inBoth);
      const x1 = v128.xor(v128.load(permuted, 80), v128.xor(inBoth, turned));

      // Upper halves: bits 0 and 1 are for cases in which the other colour is 0, bits 2 and 3 for 1.
      const padA0 = i64x2.extract_lane(a0, 1);
      const padA1 = i64x2.extract_lane(a1, 1);
      const padB0 = i64x2.extract_lane(b0, 1);
      const padB1 = i64x2.extract_lane(b1, 1);
      const sum = colourA ^ colourB;
      const r00 = (padA0 ^ padB0) & 3;
      const r01 = r00 ^ (colourA | (colourB << 1));
      const r10 = r00 ^ (colourB | (sum << 1));
      const r11 = r00 ^ (sum | (colourA << 1));
      const dice =
        ((r01 ^ (padA0 >> 2) ^ padB1) & 3) |
        (((r10 ^ padA1 ^ (padB0 >> 2)) & 3) << 2) |
        (((r11 ^ (padA1 >> 2) ^ (padB1 >> 2)) & 3) << 4);

      const al = i64x2.extract_lane(a, 0);
      const ar = i64x2.extract_lane(a, 1);
      const bl = i64x2.extract_lane(b, 0);
      const br = i64x2.extract_lane(b, 1);
      // What each case must come to without tables: hashes, the operands' halves, and Δ if its result is 1.
      const hashA0 = i64x2.extract_lane(a0, 0);
      const hashB0 = i64x2.extract_lane(b0, 0);
      const hashX0 = i64x2.extract_lane(x0, 0);
      const hashX1 = i64x2.extract_lane(x1, 0);
      const result00 = -(colourA & colourB);
      const result01 = -(colourA & (1 ^ colourB));
      const result10 = -((1 ^ colourA) & colourB);
      const zeroLeft = hashA0 ^ hashX0 ^ addedLeft(r00, al, ar, bl, br) ^ (dl & result00);
      const zeroRight = hashB0 ^ hashX0 ^ addedRight(r00, al, ar, bl, br) ^ (dr & result00);
      const left01 = hashA0 ^ hashX1 ^ addedLeft(r01, al, ar, bl ^ dl, br ^ dr) ^ (dl & result01);
      const right01 =
        i64x2.extract_lane(b1, 0) ^ hashX1 ^ ar ^ addedRight(r01, al, ar, bl ^ dl, br ^ dr) ^ (dr & result01);
      const left10 =
        i64x2.extract_lane(a1, 0) ^ hashX1 ^ bl ^ addedLeft(r10, al ^ dl, ar ^ dr, bl, br) ^ (dl & result10);
      const third = left01 ^ zeroLeft;
      store<u64>(tables, left10 ^ zeroLeft ^ third);
      store<u64>(tables, right01 ^ zeroRight ^ third, 8);
      store<u64>(tables, third, 16);
      store<u8>(tables, <u8>dice, 24);
      store<u64>(out + at, zeroLeft);
      store<u64>(out + at, zeroRight, 8);
    }
  }
}

/** Evaluator: three blocks for each AND, of A, B and A ⊕ B. */
export function prepareThreeEvaluation(
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
    for (let at: usize = 0; at < size; at += 16, blocks += 48) {
      const a = sigma(v128.load(left + at));
      const b = sigma(v128.load(right + at));
      v128.store(blocks, v128.xor(a, counter));
      counter = i64x2.add(counter, one);
      v128.store(blocks, v128.xor(b, counter), 16);
      counter = i64x2.add(counter, one);
      v128.store(blocks, v128.xor(v128.xor(a, b), counter), 32);
      counter = i64x2.add(counter, one);
    }
  }
}

/** Evaluator: the label of each AND. */
export function evaluateThreeHalves(
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
    for (let at: usize = 0; at < size; at += 16, permuted += 48, tables += HALVES) {
      const a = v128.load(left + at);
      const b = v128.load(right + at);
      const turnedA = sigma(a);
      const turnedB = sigma(b);
      const hashA = v128.xor(v128.load(permuted), v128.xor(turnedA, counter));
      counter = i64x2.add(counter, one);
      const hashB = v128.xor(v128.load(permuted, 16), v128.xor(turnedB, counter));
      counter = i64x2.add(counter, one);
      const hashBoth = v128.xor(v128.load(permuted, 32), v128.xor(v128.xor(turnedA, turnedB), counter));
      counter = i64x2.add(counter, one);
      const al = i64x2.extract_lane(a, 0);
      const ar = i64x2.extract_lane(a, 1);
      const bl = i64x2.extract_lane(b, 0);
      const br = i64x2.extract_lane(b, 1);
      const i = al & 1;
      const j = bl & 1;
      // Case ij has its dice at bit 4i + 2j − 2; case 00 has none.
      const dice = (<u64>load<u8>(tables, 24)) << 2;
      const pad = (i64x2.extract_lane(hashA, 1) >> (2 * j)) ^ (i64x2.extract_lane(hashB, 1) >> (2 * i));
      const r = ((dice >> (4 * i + 2 * j)) ^ pad) & 3;
      const third = load<u64>(tables, 16) & -(i ^ j);
      const common = i64x2.extract_lane(hashBoth, 0) ^ third;
      store<u64>(
        out + at,
        i64x2.extract_lane(hashA, 0) ^ common ^ (load<u64>(tables) & -i) ^ (bl & -i) ^ addedLeft(r, al, ar, bl, br),
      );
      store<u64>(
        out + at,
        i64x2.extract_lane(hashB, 0) ^ common ^ (load<u64>(tables, 8) & -j) ^ (ar & -j) ^ addedRight(r, al, ar, bl, br),
        8,
      );
    }
  }
}
