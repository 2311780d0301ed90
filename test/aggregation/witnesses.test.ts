import { describe, expect, it } from 'vitest';
import { drawFrom } from '../../protocol/schemes/secagg/graph/draw.ts';
import {
  type RoundParameters,
  roundParameters,
  wholeCommittee,
} from '../../protocol/schemes/secagg/parameters/index.ts';
import { assertCommittee, findCommittee } from '../../protocol/schemes/secagg/parameters/witnesses.ts';
import { codeOf } from '../support/thrown.ts';

const DROPOUTS = [0.05, 0.1, 0.2, 0.33];

/** n, γ, and for each δ degree, threshold, witnesses and quorum of an active ring; – where there is none. */
const TABLE: readonly (readonly [n: number, colluding: number, cells: string])[] = [
  [64, 0.05, '12/9/10/7 18/12/16/10 30/18/28/16 48/27/46/25'],
  [64, 0.1, '14/11/13/10 20/14/19/13 32/20/31/19 50/29/49/28'],
  [64, 0.2, '20/17/19/16 26/20/25/19 38/26/37/25 56/35/64/39'],
  [64, 0.25, '24/21/23/20 30/24/29/23 42/30/41/29 60/39/64/41'],
  [64, 0.33, '30/27/28/25 36/30/34/28 48/36/46/34 -'],
  [100, 0.05, '18/13/16/11 28/18/24/15 48/28/40/23 74/41/70/38'],
  [100, 0.1, '22/17/21/16 32/22/31/21 52/32/47/29 78/45/77/44'],
  [100, 0.2, '32/27/31/26 42/32/41/31 62/42/61/41 88/55/100/61'],
  [100, 0.25, '38/33/36/31 48/38/46/36 68/48/66/46 94/61/100/63'],
  [100, 0.33, '46/41/44/39 56/46/54/44 76/56/74/54 -'],
  [300, 0.05, '40/29/34/25 56/37/46/31 94/56/76/46 182/100/158/87'],
  [300, 0.1, '58/45/53/42 76/54/67/49 118/75/105/68 212/122/197/114'],
  [300, 0.2, '86/72/77/65 114/88/102/80 166/114/155/108 260/161/300/181'],
  [300, 0.25, '100/85/89/76 130/103/119/95 188/133/178/127 276/177/300/188'],
  [300, 0.33, '118/103/109/95 156/127/145/119 220/161/212/156 -'],
  [1000, 0.05, '74/56/58/45 102/72/80/58 186/118/145/94 410/231/347/199'],
  [1000, 0.1, '94/74/74/60 134/99/105/79 250/166/203/137 556/329/502/301'],
  [1000, 0.2, '136/112/107/90 196/152/160/126 376/264/321/228 796/499/763/482'],
  [1000, 0.25, '156/131/128/109 232/183/190/152 456/327/393/285 890/571/1000/626'],
  [1000, 0.33, '196/168/165/143 298/241/252/206 590/436/532/396 992/662/1000/666'],
  [10000, 0.05, '92/70/65/51 136/96/95/69 276/176/191/125 938/540/652/381'],
  [10000, 0.1, '120/94/84/68 176/129/126/95 382/254/271/184 1514/906/1082/655'],
  [10000, 0.2, '172/141/125/105 270/208/197/155 676/474/487/347 3834/2423/3032/1928'],
  [10000, 0.25, '208/173/152/129 330/259/240/192 898/643/656/476 6106/3946/5252/3407'],
  [10000, 0.33, '272/231/199/172 460/370/339/277 1472/1085/1100/819 9882/6592/10000/6651'],
];

// Counted in integers, apart from the code's logarithms.

const known = new Map<string, bigint>();

function choose(n: number, k: number): bigint {
  if (k < 0 || k > n) return 0n;
  const key = `${n} ${k}`;
  let result = known.get(key);
  if (result !== undefined) return result;
  result = 1n;
  for (let i = 1; i <= Math.min(k, n - k); i++) result = (result * BigInt(n - i + 1)) / BigInt(i);
  known.set(key, result);
  return result;
}

/** Whether P[at least x of `marked` among `draws` out of n] ≤ 2^−bits / times. */
function isRare(n: number, marked: number, draws: number, x: number, bits: number, times = 1): boolean {
  // Fewer there cannot be.
  const from = Math.max(x, 0, draws + marked - n);
  let term = choose(marked, from) * choose(n - marked, draws - from);
  let sum = 0n;
  for (let i = from; i <= Math.min(marked, draws) && term > 0n; i++) {
    sum += term;
    term = (term * BigInt((marked - i) * (draws - i))) / BigInt((i + 1) * (n - marked - draws + i + 1));
  }
  return (sum * BigInt(times)) << BigInt(bits) <= choose(n, draws);
}

const shareOf = (n: number, share: number): number => Math.floor((n * Math.round(100 * share)) / 100);

/** Least t1 ≥ `from` so that more colluding neighbours are rare. */
function colluding(n: number, c: number, degree: number, from: number): number {
  let t1 = from;
  while (!isRare(n, c, degree, t1 + 1, 102, n)) t1++;
  return t1;
}

const thresholdOf = (t1: number, degree: number): number => Math.max(2, Math.floor((t1 + degree + 1) / 2) + 1);

/** Rule 1: that c + d random members do not cut the ring is certain enough. */
function isConnected(n: number, degree: number, removed: number): boolean {
  if (degree >= n - 1) return true;
  const cuts = BigInt((n * (n - degree - 1)) / 2) * choose(n - degree, removed - degree);
  return cuts << 102n < choose(n, removed);
}

/** Whether a ring of this degree does; by a search from `from` upwards. */
function isRing(n: number, c: number, d: number, degree: number, from: number): boolean {
  if (!isConnected(n, degree, Math.min(n, c + d))) return false;
  const threshold = thresholdOf(colluding(n, c, degree, from), degree);
  return isRare(n, d, degree, degree - threshold + 1, 20, n);
}

/** Least quorum of w, at least `from`. */
function quorumOf(n: number, c: number, w: number, from: number): number {
  let q = from;
  while (!isRare(n, c, w, 2 * q - w, 101)) q++;
  return q;
}

const isReached = (n: number, d: number, w: number, q: number): boolean => isRare(n, d, w, w - q + 1, 20);

describe('the parameters of an active ring', () => {
  it.each(TABLE)('of %i members with γ = %d are those of an exact count', (n, share, cells) => {
    expect(cells.split(' ')).toHaveLength(DROPOUTS.length);
    cells.split(' ').forEach((cell, i) => {
      const dropout = DROPOUTS[i]!;
      const question = { n, graph: 'ring', adversary: 'active', colluding: share, dropout, threshold: 0 } as const;
      if (cell === '-') {
        expect(codeOf(() => roundParameters(question))).toBe('no-feasible-graph');
        return;
      }
      const [degree, threshold, witnesses, quorum] = cell.split('/').map(Number) as [number, number, number, number];
      const expected: RoundParameters = { graph: 'ring', n, degree, threshold, witnesses, quorum };
      expect(roundParameters(question)).toEqual(expected);
      const [c, d] = [shareOf(n, share), shareOf(n, dropout)];

      const t1 = colluding(n, c, degree, Math.max(0, 2 * threshold - degree - 4));
      expect(thresholdOf(t1, degree)).toBe(threshold);
      expect(isRing(n, c, d, degree, t1)).toBe(true);
      expect(isRing(n, c, d, degree - 2, Math.max(0, t1 - 3))).toBe(false);

      expect(quorumOf(n, c, witnesses, Math.max(1, quorum - 2))).toBe(quorum);
      expect(isReached(n, d, witnesses, quorum)).toBe(true);
      if (witnesses === n) return;
      expect(isReached(n, d, witnesses - 1, quorumOf(n, c, witnesses - 1, Math.max(1, quorum - 2)))).toBe(false);
      expect(5 * witnesses).toBeLessThanOrEqual(4 * n);
    });
  });
});

describe('a committee', () => {
  it('is never larger than the one that holds whoever is drawn, or the whole cohort', () => {
    for (let n = 2; n <= 120; n++) {
      for (const share of [0, 0.1, 0.25, 0.4]) {
        for (const dropout of [0, 0.1, 0.3]) {
          const [c, d] = [shareOf(n, share), shareOf(n, dropout)];
          const found = findCommittee({ n, colluding: share, dropout, sigma: 101 });
          if (c + 2 * d + 1 > n) expect(found).toBeUndefined();
          else if (found!.witnesses < n) expect(found!.witnesses).toBeLessThanOrEqual(c + 2 * d + 1);
          else expect(found!.quorum).toBe(Math.floor((n + c) / 2) + 1);
        }
      }
    }
  });

  it('of a complete graph lets no two sets have a quorum, and is reached with a third of it gone', () => {
    for (let n = 2; n <= 200; n++) {
      for (const share of [0, 0.1, 0.2, 0.33]) {
        const { witnesses, quorum } = wholeCommittee(n, share);
        expect(witnesses + shareOf(n, share)).toBeLessThan(2 * quorum);
        expect(quorum).toBe(Math.floor((2 * n) / 3) + 1);
      }
    }
  });

  it('is refused by whoever reckons with more colluders than it is made for', () => {
    const committee = findCommittee({ n: 1000, colluding: 0.1, dropout: 0.1, sigma: 101 })!;
    assertCommittee(1000, committee, 0.1, 101);
    assertCommittee(1000, committee, 0.05, 101);
    expect(codeOf(() => assertCommittee(1000, committee, 0.12, 101))).toBe('threshold-unsound');
    const less = { ...committee, quorum: committee.quorum - 1 };
    expect(codeOf(() => assertCommittee(1000, less, 0.1, 101))).toBe('threshold-unsound');
  });

  it.each([
    [5, 6],
    [11, 8],
    [5, 0],
    [5.5, 5],
    [5, NaN],
  ])('of %d with a quorum of %d does not exist among ten', (witnesses, quorum) => {
    expect(codeOf(() => assertCommittee(10, { witnesses, quorum }, 0, 101))).toBe('settings-invalid');
  });

  it('is found for a million members', () => {
    expect(findCommittee({ n: 2 ** 20, colluding: 0.25, dropout: 0.1, sigma: 101 })).toEqual({
      witnesses: 249,
      quorum: 199,
    });
  });
});

describe('a draw of some of many', () => {
  it('is the first places of a shuffle, whatever the numbers drawn', () => {
    for (const steps of [
      [0, 0, 0],
      [9, 8, 7],
      [3, 2, 1],
      [5, 0, 6],
      [9, 0, 7],
    ]) {
      const order = Array.from({ length: 10 }, (_, i) => i);
      steps.forEach((step, i) => ([order[i], order[i + step]] = [order[i + step]!, order[i]!]));
      let used = 0;
      expect(drawFrom(10, 3, () => steps[used++]!)).toEqual(order.slice(0, 3).sort((a, b) => a - b));
    }
  });

  it('draws every set of two of five equally often', () => {
    const counts = new Map<string, number>();
    for (let first = 0; first < 5; first++) {
      for (let second = 0; second < 4; second++) {
        const draws = [first, second];
        const drawn = drawFrom(5, 2, () => draws.shift()!).join();
        counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
      }
    }
    expect([...counts.values()]).toEqual(Array.from({ length: 10 }, () => 2));
  });

  it('refuses more than there are, and numbers beyond their bound', () => {
    expect(codeOf(() => drawFrom(3, 4, () => 0))).toBe('internal');
    expect(codeOf(() => drawFrom(3, 1, () => 3))).toBe('internal');
    expect(codeOf(() => drawFrom(3, 1, () => -1))).toBe('internal');
  });
});
