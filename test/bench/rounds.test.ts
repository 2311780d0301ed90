import { afterAll, describe, expect, test } from 'vitest';
import { type Computer, computers } from '../../bench/rounds/compute.ts';
import { Inputs } from '../../bench/rounds/inputs.ts';
import { paperBytes, paperMs } from '../../bench/rounds/paper.ts';
import { measureRound } from '../../bench/rounds/round.ts';
import { castOf, type RoundShape } from '../../bench/rounds/shape.ts';
import { planCost, type UnmaskPlan } from '../../protocol/schemes/secagg/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { memberId } from '../../protocol/ids.ts';

const shape: RoundShape = { n: 20, d: 60, drop: 0.3, graph: 'complete', realClients: 4, repeats: 1 };

const all = computers(nodePrimitives);
afterAll(() => Promise.all(all.map((one) => one.close())));

/** Computes as one should, after `spoil` had a look at the plan. */
function computer(spoil: (plan: UnmaskPlan) => UnmaskPlan = (plan) => plan): Computer & { plans: UnmaskPlan[] } {
  // The last one has one thread.
  const honest = all.at(-1)!;
  const plans: UnmaskPlan[] = [];
  return {
    ...honest,
    plans,
    compute(plan) {
      plans.push(plan);
      return honest.compute(spoil(plan));
    },
  };
}

describe('a measured round', () => {
  test.each([
    ['complete', 0, 4],
    ['complete', 0.3, 4],
    ['complete', 0.3, 'all'],
    ['ring', 0, 'all'],
    ['ring', 0.1, 1],
    ['ring', 0.3, 5],
  ] as const)('on the %s graph with %d dropped and %s real clients is exact', async (graph, drop, realClients) => {
    const measured = await measureRound({ ...shape, n: graph === 'ring' ? 60 : 20, graph, drop, realClients }, [
      computer(),
      computer(),
    ]);
    expect(measured.exact).toBe(true);
  });

  test('gives the server as many masks to expand as a round of real clients', async () => {
    const [some, all] = [computer(), computer()];
    await measureRound(shape, [some]);
    await measureRound({ ...shape, realClients: 'all' }, [all]);
    // 14 stay: a self mask each, and one pair mask with each of the 6 that dropped.
    expect(planCost(some.plans[0]!)).toBe(14 + 14 * 6);
    expect(planCost(all.plans[0]!)).toBe(14 + 14 * 6);
  });

  test('costs a client the same bytes whether the others are real or not', async () => {
    const some = await measureRound(shape, [computer()]);
    const all = await measureRound({ ...shape, realClients: 'all' }, [computer()]);
    expect(some.bytesUp).toBe(all.bytesUp);
    expect(some.bytesDown).toBe(all.bytesDown);
  });

  test('is not exact when one mask is left in', async () => {
    const careless = computer((plan) => ({ ...plan, jobs: plan.jobs.slice(1) }));
    expect((await measureRound(shape, [careless])).exact).toBe(false);
  });

  test('is not exact when two computers disagree', async () => {
    const careless = computer((plan) => ({ ...plan, jobs: plan.jobs.slice(1) }));
    expect((await measureRound(shape, [careless, computer()])).exact).toBe(false);
  });
});

describe('its parts', () => {
  test('drop the share that was asked for, and take real clients from those that stay', () => {
    const { real, dropped } = castOf({ ...shape, n: 90 });
    expect(dropped.size).toBe(27);
    expect(real.size).toBe(4);
    expect([...real].some((member) => dropped.has(member))).toBe(false);
    expect(castOf({ ...shape, realClients: 50 }).real.size).toBe(14);
  });

  test.each([20, 32])('know the sum of inputs of %d bits, and see a bit that is wrong', (bits) => {
    const inputs = new Inputs(33, bits);
    const members = [1, 2, 9].map(memberId);
    const sum = new Uint32Array(33);
    for (const member of members) inputs.of(member).forEach((value, i) => (sum[i]! += value));
    const words = sum.map((value) => (bits === 32 ? value : value % 2 ** bits));
    expect(inputs.isSum(words, members)).toBe(true);
    expect(inputs.isSum(words, members.slice(1))).toBe(false);
    words[7]! ^= 1;
    expect(inputs.isSum(words, members)).toBe(false);
  });
});

describe('the paper', () => {
  test.each([
    [2 ** 10, 2 ** 20, 1.73],
    [2 ** 14, 2 ** 20, 3.62],
    [2 ** 14, 2 ** 24, 1.98],
  ])('says how a client’s traffic grows: n = %d, %d entries of 16 bits', (n, entries, times) => {
    const bits = Math.ceil(Math.log2(n * (2 ** 16 - 1) + 1));
    expect(paperBytes(n, entries, bits) / (2 * entries)).toBeCloseTo(times, 2);
  });

  test('has figures for 10^5 entries only', () => {
    expect(paperMs({ n: 1000, d: 100_000, drop: 0.3 })).toEqual({ client: 1699, server: 413_767 });
    expect(paperMs({ n: 1000, d: 1_000_000, drop: 0.3 })).toEqual({ client: null, server: null });
    expect(paperMs({ n: 100, d: 100_000, drop: 0.1 })).toEqual({ client: null, server: null });
  });
});
