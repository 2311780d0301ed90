import { describe, expect, it } from 'vitest';
import { accountVectors, type AccountVectors, type CostedRound } from './support/accounts.ts';
import { readVector, UPDATE, vectorText, writeText } from './support/files.ts';

const VECTOR = 'test/vectors/accounts.json';

// Sections 7.6 and 7.7, written from the document alone.

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const ORDERS = [
  ...[1.01, 1.02, 1.05],
  ...range(11, 109).map((tenths) => tenths / 10),
  ...range(11, 64),
  ...[
    72, 80, 96, 112, 128, 160, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 12288, 16384, 24576,
  ],
  ...[32768, 49152, 65536],
];

interface Noise {
  readonly distribution: CostedRound['distribution'];
  readonly M: number;
  readonly variance: number;
  readonly sensitivity: number;
  readonly length: number;
}

/** σ², Δ and ℓ of section 7.6. */
function noiseOf(settings: CostedRound, M: number): Noise {
  const {
    dimension,
    maxCohort: n,
    modulusBits: b,
    placement,
    distribution,
    noiseMultiplier: z,
    bitWidth: w,
  } = settings;
  const [m, shares] = placement === 'distributed' ? [settings.minHonestSurvivors, n] : [1, 1];
  const length = 2 ** Math.ceil(Math.log2(dimension + (w > 0 ? 1 : 0)));
  const N = Math.sqrt(1 + w ** 2 / 4);
  const B = (x: number): number =>
    Math.min(x + Math.sqrt(length), Math.sqrt(x ** 2 + length / 4 + x + Math.sqrt(length) / 2));
  const share = (s: number): number => Math.max(2 ** -10, (z * B(N * s)) ** 2 / m);
  const most = distribution === 'skellam' ? 2 ** 24 : 2 ** 50;
  let [s, high] = [0, (2 ** b * Math.sqrt(length)) / (4 * N * n)];
  for (let i = 0; i < 64; i++) {
    const middle = (s + high) / 2;
    const sum = (N * middle * n) ** 2 / length + share(middle) * shares + n / 4;
    if (8 * Math.sqrt(sum) <= 2 ** b && share(middle) <= most) s = middle;
    else high = middle;
  }
  return { distribution, M, variance: share(s), sensitivity: B(N * s), length };
}

/** ε(α), at whole orders for Skellam noise. */
function plain({ distribution, M, variance, sensitivity, length }: Noise, order: number): number {
  const V = M * variance;
  const l1 = sensitivity * Math.min(Math.sqrt(length), sensitivity);
  const squares = sensitivity ** 2;
  if (distribution === 'skellam') {
    const more = Math.min(((2 * order - 1) * squares + 6 * l1) / (4 * V ** 2), (3 * l1) / (2 * V));
    return (order * squares) / (2 * V) + more;
  }
  if (M > 1 && variance < 1 / 4) return (order * squares) / (2 * variance);
  const term = (k: number): number => Math.exp((-2 * Math.PI ** 2 * variance * k) / (k + 1));
  const tau = 10 * range(1, M - 1).reduce((sum, k) => sum + term(Math.min(k, 256)), 0);
  return Math.min(
    (order / 2) * (squares / V) + tau * length,
    (order / 2) * (squares / V + (2 * tau * l1) / Math.sqrt(V) + tau ** 2 * length),
    (order / 2) * (sensitivity / Math.sqrt(V) + tau * Math.sqrt(length)) ** 2,
  );
}

/** ln(e^x − 1), which overflows nowhere. */
const logLess = (x: number): number => (x > 30 ? x : Math.log(Math.expm1(x)));

function amplified(noise: Noise, q: number, order: number): number {
  if (q === 1) return plain(noise, order);
  const terms: number[] = [];
  let choose = 0;
  for (let k = 1; k <= order; k++) {
    choose += Math.log((order - k + 1) / k);
    if (k < 2) continue;
    terms.push(choose + (order - k) * Math.log(1 - q) + k * Math.log(q) + logLess((k - 1) * plain(noise, k)));
  }
  const most = terms.reduce((a, b) => Math.max(a, b));
  const sum = most + Math.log(terms.reduce((total, term) => total + Math.exp(term - most), 0));
  return Math.min(plain(noise, order), (sum > 30 ? sum : Math.log1p(Math.exp(sum))) / (order - 1));
}

function cost(noise: Noise, q: number, order: number): number {
  if (Number.isInteger(order)) return amplified(noise, q, order);
  if (q === 1 && noise.distribution !== 'skellam') return plain(noise, order);
  const below = Math.floor(order);
  const at = (whole: number): number => (whole === 1 ? 0 : (whole - 1) * amplified(noise, q, whole));
  const chord = (at(below) + (order - below) * (at(below + 1) - at(below))) / (order - 1);
  return noise.distribution === 'skellam' ? chord : Math.min(chord, plain(noise, order));
}

const epsilon = (divergences: readonly number[], delta: number): number =>
  Math.max(
    0,
    Math.min(
      ...ORDERS.map((a, i) => divergences[i]! + Math.log((a - 1) / a) - (Math.log(delta) + Math.log(a)) / (a - 1)),
    ),
  );

describe('what a noisy round costs', () => {
  if (UPDATE) writeText(VECTOR, vectorText(accountVectors()));
  const vectors = readVector(VECTOR) as AccountVectors;

  it('is what the accountant says', () => {
    const { costs, ...rest } = accountVectors();
    expect({ ...rest, settings: costs.map(({ settings }) => settings) }).toEqual({
      ...{ delta: vectors.delta, rounds: vectors.rounds, orders: vectors.orders },
      settings: vectors.costs.map(({ settings }) => settings),
    });
    const numbers = (list: AccountVectors['costs']): number[] =>
      list.flatMap(({ client, coordinator }) =>
        [client, coordinator].flatMap(({ divergences, epsilon: told }) => [...divergences, ...told]),
      );
    const found = numbers(costs);
    numbers(vectors.costs).forEach((told, i) => expect(found[i]! / told).toBeCloseTo(1, 9));
  });

  it.each(vectors.costs)('follows from the document: $settings', ({ settings, client, coordinator }) => {
    const { placement, minHonestSurvivors, minCohort, maxCohort, sampling } = settings;
    const distributed = placement === 'distributed';
    const drawn = sampling < 1;
    const counts = [
      { told: client, M: distributed ? minHonestSurvivors : 1, q: 1 },
      {
        told: coordinator,
        M: drawn ? maxCohort - (minCohort - minHonestSurvivors) : distributed ? minHonestSurvivors : 1,
        q: sampling,
      },
    ];
    for (const { told, M, q } of counts) {
      const noise = noiseOf(settings, M);
      const own = ORDERS.map((order) => cost(noise, q, order));
      vectors.orders.forEach((order, i) => {
        expect(own[ORDERS.indexOf(order)]! / told.divergences[i]!).toBeCloseTo(1, 9);
      });
      vectors.rounds.forEach((rounds, i) => {
        const all = own.map((divergence) => rounds * divergence);
        expect(epsilon(all, vectors.delta) / told.epsilon[i]!).toBeCloseTo(1, 9);
      });
    }
  });

  it('is less for members who are drawn by chance, and more for less noise', () => {
    const [base, , , little, narrow, drawn] = vectors.costs;
    // What the settings are chosen for.
    expect(noiseOf(little!.settings, 20).variance).toBeLessThan(1 / 4);
    expect(noiseOf(narrow!.settings, 400).variance).toBeGreaterThan(1 / 4);
    expect(noiseOf(narrow!.settings, 400).variance).toBeLessThan(1);
    expect(drawn!.coordinator.epsilon[1]).toBeLessThan(base!.coordinator.epsilon[1]!);
    expect(drawn!.client.epsilon).toEqual(base!.client.epsilon);
    expect(little!.client.epsilon[0]).toBeGreaterThan(base!.client.epsilon[0]!);
  });
});
