// The fast Walsh–Hadamard transform: stage s replaces each pair of values 2^s apart by its sum and its difference. The
// stages run in ascending order, several of them in one pass over memory; each value is computed by the same additions
// in the same order as in the twin, whatever the passes.

/** log2 of the values that are transformed while they stay in the first-level cache: 32 KiB. */
const NEAR: u32 = 13;

/** Stages 0 and 1, within one register: neighbours are swapped, and one of each pair is negated. */
function within(x: v128): v128 {
  const pairs = f32x4.add(v128.xor(x, i32x4(0, 0x80000000, 0, 0x80000000)), i32x4.shuffle(x, x, 1, 0, 3, 2));
  return f32x4.add(v128.xor(pairs, i32x4(0, 0, 0x80000000, 0x80000000)), i32x4.shuffle(pairs, pairs, 2, 3, 0, 1));
}

/** Four values times `factor`, each negated if its bit among the low four bits is set. */
function signed(x: v128, bits: u32, factor: v128): v128 {
  const lanes = i32x4(1, 2, 4, 8);
  const flips = i32x4.shl(i32x4.eq(v128.and(i32x4.splat(bits), lanes), lanes), 31);
  return v128.xor(f32x4.mul(x, factor), flips);
}

/** Stages 0 to 3 of 2^`log` values, which are signed and scaled in the same pass, log ≥ 4. */
function firstStages(target: usize, log: u32, signs: usize, factor: v128): void {
  const end = target + ((<usize>4) << log);
  for (; target < end; target += 64, signs += 2) {
    const bits = load<u16>(signs);
    const a = within(signed(v128.load(target), bits, factor));
    const b = within(signed(v128.load(target, 16), bits >> 4, factor));
    const c = within(signed(v128.load(target, 32), bits >> 8, factor));
    const d = within(signed(v128.load(target, 48), bits >> 12, factor));
    const ab = f32x4.add(a, b);
    const ba = f32x4.sub(a, b);
    const cd = f32x4.add(c, d);
    const dc = f32x4.sub(c, d);
    v128.store(target, f32x4.add(ab, cd));
    v128.store(target, f32x4.add(ba, dc), 16);
    v128.store(target, f32x4.sub(ab, cd), 32);
    v128.store(target, f32x4.sub(ba, dc), 48);
  }
}

/** Stage `stage` of 2^`log` values. */
function oneStage(target: usize, log: u32, stage: u32): void {
  const stride = (<usize>4) << stage;
  const end = target + ((<usize>4) << log);
  for (; target < end; target += 2 * stride) {
    for (let p = target; p < target + stride; p += 16) {
      const a = v128.load(p);
      const b = v128.load(p + stride);
      v128.store(p, f32x4.add(a, b));
      v128.store(p + stride, f32x4.sub(a, b));
    }
  }
}

/** Stages `stage` and `stage + 1`. */
function twoStages(target: usize, log: u32, stage: u32): void {
  const stride = (<usize>4) << stage;
  const end = target + ((<usize>4) << log);
  for (; target < end; target += 4 * stride) {
    for (let p = target; p < target + stride; p += 16) {
      const a = v128.load(p);
      const b = v128.load(p + stride);
      const c = v128.load(p + 2 * stride);
      const d = v128.load(p + 3 * stride);
      const ab = f32x4.add(a, b);
      const ba = f32x4.sub(a, b);
      const cd = f32x4.add(c, d);
      const dc = f32x4.sub(c, d);
      v128.store(p, f32x4.add(ab, cd));
      v128.store(p + stride, f32x4.add(ba, dc));
      v128.store(p + 2 * stride, f32x4.sub(ab, cd));
      v128.store(p + 3 * stride, f32x4.sub(ba, dc));
    }
  }
}

/** Stages `stage` to `stage + 2`: eight values in registers, the most that leaves room for their sums. */
function threeStages(target: usize, log: u32, stage: u32): void {
  const stride = (<usize>4) << stage;
  const end = target + ((<usize>4) << log);
  for (; target < end; target += 8 * stride) {
    for (let p = target; p < target + stride; p += 16) {
      const q = p + 4 * stride;
      const a = v128.load(p);
      const b = v128.load(p + stride);
      const c = v128.load(p + 2 * stride);
      const d = v128.load(p + 3 * stride);
      const e = v128.load(q);
      const f = v128.load(q + stride);
      const g = v128.load(q + 2 * stride);
      const h = v128.load(q + 3 * stride);
      const ab = f32x4.add(a, b);
      const ba = f32x4.sub(a, b);
      const cd = f32x4.add(c, d);
      const dc = f32x4.sub(c, d);
      const ef = f32x4.add(e, f);
      const fe = f32x4.sub(e, f);
      const gh = f32x4.add(g, h);
      const hg = f32x4.sub(g, h);
      const s0 = f32x4.add(ab, cd);
      const s1 = f32x4.add(ba, dc);
      const s2 = f32x4.sub(ab, cd);
      const s3 = f32x4.sub(ba, dc);
      const t0 = f32x4.add(ef, gh);
      const t1 = f32x4.add(fe, hg);
      const t2 = f32x4.sub(ef, gh);
      const t3 = f32x4.sub(fe, hg);
      v128.store(p, f32x4.add(s0, t0));
      v128.store(p + stride, f32x4.add(s1, t1));
      v128.store(p + 2 * stride, f32x4.add(s2, t2));
      v128.store(p + 3 * stride, f32x4.add(s3, t3));
      v128.store(q, f32x4.sub(s0, t0));
      v128.store(q + stride, f32x4.sub(s1, t1));
      v128.store(q + 2 * stride, f32x4.sub(s2, t2));
      v128.store(q + 3 * stride, f32x4.sub(s3, t3));
    }
  }
}

/** Stages `from` to `log` − 1 of the 2^`log` floats at `target`; from ≥ 2. */
export function hadamardStages(target: usize, log: u32, from: u32): void {
  let stage = from;
  for (; stage + 3 <= log; stage += 3) threeStages(target, log, stage);
  if (stage + 2 == log) twoStages(target, log, stage);
  if (stage + 1 == log) oneStage(target, log, stage);
}

/**
 * All stages of the 2^`log` floats at `target`, log ≥ 4, after each was multiplied by `factor` and, if its bit of the
 * little-endian bit string at `signs` is set, negated.
 */
export function hadamard(target: usize, log: u32, signs: usize, factor: f32): void {
  const factors = f32x4.splat(factor);
  const near = min(log, NEAR);
  const end = target + ((<usize>4) << log);
  for (let block = target; block < end; block += (<usize>4) << near, signs += (<usize>1) << (near - 3)) {
    firstStages(block, near, signs, factors);
    hadamardStages(block, near, 4);
  }
  if (log > near) hadamardStages(target, log, near);
}

/** Multiplies `count` floats by `factor` and negates them by `signs` as hadamard does; count is a multiple of 16. */
export function scaleAndSign(target: usize, count: u32, signs: usize, factor: f32): void {
  const factors = f32x4.splat(factor);
  const end = target + 4 * <usize>count;
  for (; target < end; target += 64, signs += 2) {
    const bits = load<u16>(signs);
    v128.store(target, signed(v128.load(target), bits, factors));
    v128.store(target, signed(v128.load(target, 16), bits >> 4, factors), 16);
    v128.store(target, signed(v128.load(target, 32), bits >> 8, factors), 32);
    v128.store(target, signed(v128.load(target, 48), bits >> 12, factors), 48);
  }
}
