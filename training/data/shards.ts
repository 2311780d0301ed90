import { CairnError } from '../../protocol/errors.ts';
import { exp, log } from '../../protocol/numeric.ts';
import { Random } from '../random.ts';

export { subset } from './dataset.ts';

/*
 * Splits one data set into the local data of many clients. Every random number comes from a seeded integer generator,
 * and logarithms only use additions, products and quotients: the same seed gives the same shards everywhere.
 */

function check(labels: ArrayLike<number>, count: number, seed: number): void {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new CairnError('settings-invalid', `the number of shards must be an integer from 1, but is ${count}`);
  }
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new CairnError('settings-invalid', `a seed is an integer from 0 to 2^53 − 1, but is ${seed}`);
  }
  if (labels.length < count) {
    throw new CairnError('data-empty', `${labels.length} examples cannot fill ${count} shards`);
  }
}

/**
 * Shards that look alike: the examples are shuffled and dealt out evenly.
 * @param labels - one per example; only their number matters here
 * @returns `count` lists of example indices, whose lengths differ by at most one; every example is in exactly one
 * @throws CairnError `data-empty` for fewer examples than shards; `settings-invalid` for a count or seed out of range
 */
export function iidShards(labels: ArrayLike<number>, count: number, seed: number): number[][] {
  check(labels, count, seed);
  const order = new Random(seed, 'shards iid').shuffle(Uint32Array.from({ length: labels.length }, (_, i) => i));
  return Array.from({ length: count }, (_, shard) => [
    ...order.subarray(Math.floor((shard * labels.length) / count), Math.floor(((shard + 1) * labels.length) / count)),
  ]);
}

/** A uniform number in (0, 1) with 53 bits. */
function uniform(random: Random): number {
  return ((random.next() >>> 5) * 2 ** 26 + (random.next() >>> 6) + 0.5) / 2 ** 53;
}

/** A standard normal number by Marsaglia's polar method, which needs no trigonometry; the second one is not kept. */
function normal(random: Random): number {
  for (;;) {
    const x = 2 * uniform(random) - 1;
    const y = 2 * uniform(random) - 1;
    const square = x * x + y * y;
    if (square < 1 && square > 0) return x * Math.sqrt((-2 * log(square)) / square);
  }
}

/** ln of a Gamma(shape, 1) number, shape ≥ 1 (Marsaglia and Tsang 2000). */
function logGammaAboveOne(random: Random, shape: number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const root = 1 + c * x;
    if (root <= 0) continue;
    const v = root * root * root;
    if (log(uniform(random)) < 0.5 * x * x + d - d * v + d * log(v)) return log(d) + log(v);
  }
}

/**
 * ln of a Gamma(shape, 1) number, shape > 0; as a logarithm, since small shapes give numbers too small for a double.
 */
function logGamma(random: Random, shape: number): number {
  if (shape >= 1) return logGammaAboveOne(random, shape);
  return logGammaAboveOne(random, shape + 1) + log(uniform(random)) / shape;
}

/** `count` non-negative numbers with sum 1, from the symmetric Dirichlet distribution. */
function dirichlet(random: Random, count: number, alpha: number): number[] {
  const logs = Array.from({ length: count }, () => logGamma(random, alpha));
  const greatest = logs.reduce((a, b) => Math.max(a, b));
  const values = logs.map((value) => exp(value - greatest));
  const sum = values.reduce((a, b) => a + b);
  return values.map((value) => value / sum);
}

/** Indices of each class, classes in ascending order. */
function byClass(labels: ArrayLike<number>): Uint32Array[] {
  const classes = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i++) {
    const members = classes.get(labels[i]!);
    if (members === undefined) classes.set(labels[i]!, [i]);
    else members.push(i);
  }
  return [...classes].sort(([a], [b]) => a - b).map(([, members]) => Uint32Array.from(members));
}

/** Gives each empty shard the last example of the longest one. */
function fillEmpty(shards: readonly number[][]): void {
  for (const shard of shards) {
    if (shard.length > 0) continue;
    const longest = shards.reduce((a, b) => (b.length > a.length ? b : a));
    shard.push(longest.pop()!);
  }
}

/**
 * Shards that differ in their classes (Hsu et al. 2019): each class is dealt out in proportions from a symmetric
 * Dirichlet distribution, so that a small alpha gives shards of few classes and a large one shards that look alike. A
 * shard that would stay empty gets one example from the longest.
 * @param labels - the class of each example
 * @param alpha - concentration, from 10^-6 to 10^6; 0.1 is very uneven, 100 nearly even
 * @returns `count` lists of example indices, none empty; every example is in exactly one
 * @throws CairnError `data-empty` for fewer examples than shards; `settings-invalid` for an argument out of range
 */
export function dirichletShards(labels: ArrayLike<number>, count: number, alpha: number, seed: number): number[][] {
  check(labels, count, seed);
  if (!(alpha >= 1e-6 && alpha <= 1e6)) {
    throw new CairnError('settings-invalid', `alpha must be from 10^-6 to 10^6, but is ${alpha}`);
  }
  const random = new Random(seed, 'shards dirichlet');
  const shards = Array.from({ length: count }, (): number[] => []);
  for (const members of byClass(labels)) {
    random.shuffle(members);
    let share = 0;
    let from = 0;
    dirichlet(random, count, alpha).forEach((proportion, i) => {
      share += proportion;
      const to = i === count - 1 ? members.length : Math.min(members.length, Math.floor(share * members.length));
      for (const index of members.subarray(from, to)) shards[i]!.push(index);
      from = to;
    });
  }
  fillEmpty(shards);
  return shards;
}
