import { describe, expect, test } from 'vitest';
import { fitPower } from '../../bench/growth/fit.ts';
import { growthPlot } from '../../bench/growth/plot.ts';
import { shareByBigInt } from '../../bench/kernels/bigint-shamir.ts';
import type { Growth } from '../../bench/schema.ts';
import { isMeanOfAll, trivialApp } from '../../bench/sockets/task.ts';
import { median } from '../../bench/support/statistics.ts';
import { table } from '../../bench/support/table.ts';

describe('fits', () => {
  const points = [10, 100, 1000].map((x) => ({ x, ms: 0.5 * x ** 1.5 }));

  test('find the exponent of a power', () => {
    const { exponent, factor, r2 } = fitPower(points);
    expect(exponent).toBeCloseTo(1.5, 10);
    expect(factor).toBeCloseTo(0.5, 10);
    expect(r2).toBeCloseTo(1, 10);
  });

  test('are drawn in one file that needs no other', () => {
    const fit: Growth = { party: 'server', in: 'n', graph: 'ring', ...fitPower(points), points };
    const svg = growthPlot([fit, { ...fit, in: 'd', party: 'client' }]);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[\s\S]*<\/svg>\n$/);
    expect(svg).toContain('server, ring: n^1.50');
    expect(svg).toContain('client, ring: d^1.50');
    expect(svg.match(/<circle/g)).toHaveLength(2 * (points.length + 1));
    expect(svg).not.toMatch(/href|<script|NaN|Infinity/);
    expect(growthPlot([fit])).not.toContain('against d');
  });
});

describe('the field of BigInt that sharing is compared with', () => {
  test('gives points of one line at t = 2, with the secret at 0', () => {
    const secret = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
    const [first, second, third] = shareByBigInt(secret, 2, 3);
    const prime = 2n ** 256n + 297n;
    const modulo = (value: bigint): bigint => ((value % prime) + prime) % prime;
    expect(modulo(second! - first!)).toBe(modulo(third! - second!));
    expect(
      modulo(2n * first! - second!)
        .toString(16)
        .padStart(64, '0'),
    ).toBe(Buffer.from(secret).toString('hex'));
  });
});

describe('the app of the sockets’ clients', () => {
  test('has a mean that shows whether anybody is missing', async () => {
    const clients = 7;
    const d = 11;
    const sum = new Float32Array(d);
    for (let i = 0; i < clients; i++) {
      const signal = new AbortController().signal;
      const context = { task: '', round: 1, repeat: 0, options: {}, signal, seed: 0, subsetSeed: 0 };
      const { parameters } = await trivialApp(i, d).train({ weights: new Float32Array(d) }, undefined, context);
      parameters.weights!.forEach((value, j) => (sum[j]! += value));
    }
    const mean = sum.map((value) => value / clients);
    expect(isMeanOfAll(mean, clients)).toBe(true);
    mean[3]! += 1 / clients;
    expect(isMeanOfAll(mean, clients)).toBe(false);
  });
});

describe('small things', () => {
  test('median', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  test('columns of numbers stand right', () => {
    expect(
      table(
        ['name', 'ms'],
        [
          ['a', '1'],
          ['bcd e', '10'],
        ],
      ),
    ).toBe('name   ms\n-----  --\na       1\nbcd e  10');
  });
});
