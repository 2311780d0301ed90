import { describe, expect, it } from 'vitest';
import { chooseCohort, invitations } from '../../learning/cohorts/draw.ts';
import { abandonedOutcome } from '../../coordinator/rounds/outcome.ts';
import { Tally } from '../../coordinator/rounds/tally.ts';
import { computeUnmask } from '../../coordinator/workers/unmask.ts';
import { largestMessage } from '../../coordinator/sizes.ts';
import { parseConfig } from '../../coordinator/config/index.ts';
import { computePlan, type UnmaskPlan } from '../../protocol/schemes/secagg/unmask.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { systemRandom } from '../../protocol/crypto/random.ts';
import { SecretBytes } from '../../protocol/crypto/secret.ts';
import { unsafeSeededRandom } from '../../protocol/crypto/seeded.ts';
import { decodeOutcome } from '../../protocol/wire/messages/outcome.ts';
import { rejectionOf } from './support/errors.ts';

describe('the choice of a cohort', () => {
  it('returns that many different candidates, or all', () => {
    const chosen = chooseCohort([1, 2, 3, 4, 5], 3, systemRandom);
    expect(new Set(chosen).size).toBe(3);
    expect(chooseCohort([1, 2], 5, systemRandom).sort()).toEqual([1, 2]);
    expect(chooseCohort([], 5, systemRandom)).toEqual([]);
  });

  it('is uniform over all subsets', () => {
    const random = unsafeSeededRandom(new Uint8Array(32).fill(3));
    const counts = new Map<string, number>();
    const draws = 10_000;
    for (let i = 0; i < draws; i++) {
      const key = chooseCohort([1, 2, 3, 4, 5], 2, random).sort().join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(10);
    // χ² with 9 degrees of freedom: 27.9 is its 99.9 % quantile.
    const expected = draws / 10;
    expect([...counts.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)).toBeLessThan(27.9);
  });

  it('draws again if a number would be likelier than others', () => {
    // 2^32 = 3 · 1431655765 + 1: the last word would favour 0.
    const words = [0xffff_ffff, 1];
    const random = (length: number): Uint8Array => {
      const bytes = new Uint8Array(length);
      new DataView(bytes.buffer).setUint32(0, words.shift()!, true);
      return bytes;
    };
    expect(chooseCohort(['a', 'b', 'c'], 1, random)).toEqual(['b']);
    expect(words).toEqual([]);
  });

  it('invites more than it needs', () => {
    expect(invitations(10, 0.3)).toBe(13);
    expect(invitations(10, 0)).toBe(10);
    expect(invitations(3, 0.1)).toBe(4);
  });
});

describe('the unmask plan', () => {
  const plan = (jobs: number, length: number): UnmaskPlan => ({
    suite: 1,
    sessionId: new Uint8Array(32),
    length,
    jobs: Array.from({ length: jobs }, () => ({ kind: 'self', key: new SecretBytes(systemRandom(32)) })),
  });

  it('is computed in slices with the same result', async () => {
    const work = plan(20, 1000);
    let [turns, over] = [0, false];
    const tick = (): void => {
      turns++;
      if (!over) setImmediate(tick);
    };
    setImmediate(tick);
    const signal = new AbortController().signal;
    const correction = await computeUnmask(work, { primitives: nodePrimitives, signal, sliceMs: 0 });
    over = true;
    expect(correction.toValues(32)).toEqual(computePlan(work, nodePrimitives).toValues(32));
    // After each mask everybody else had a turn.
    expect(turns).toBeGreaterThanOrEqual(20);
  });

  it('stops when the round is over', async () => {
    const controller = new AbortController();
    const options = { primitives: nodePrimitives, signal: controller.signal, sliceMs: 0 };
    const done = computeUnmask(plan(1000, 1000), options);
    controller.abort(new Error('over'));
    await expect(done).rejects.toThrow('over');
  });

  it('fails if a secret was wiped', async () => {
    const work = plan(1, 10);
    if (work.jobs[0]!.kind === 'self') work.jobs[0]!.key.wipe();
    const error = await rejectionOf(
      computeUnmask(work, { primitives: nodePrimitives, signal: new AbortController().signal }),
    );
    expect(error.code).toBe('secret-wiped');
  });
});

describe('a tally', () => {
  it('adds up the cost of each state', () => {
    let now = 100;
    const tally = new Tally('active', () => now);
    tally.enter('advertise-keys', 5);
    tally.down(50);
    now = 110;
    tally.up(7);
    tally.enter('share-keys', 4);
    tally.down(40);
    now = 130;
    tally.enter('aborted', 0);
    tally.down(1);
    now = 999;
    expect(tally.states).toEqual({
      'advertise-keys': { ms: 10, bytesUp: 7, bytesDown: 50 },
      'share-keys': { ms: 20, bytesUp: 0, bytesDown: 41 },
    });
    expect(tally.total).toEqual({ ms: 30, bytesUp: 7, bytesDown: 91 });
    expect(tally.members).toEqual({ invited: 5, advertised: 4, shared: 0, input: 0, unmasked: 0 });
  });
});

describe('an outcome', () => {
  it('carries any message, cut to the length of its field', () => {
    const header = { suite: 1, context: new Uint8Array(32) } as const;
    const decoded = decodeOutcome(abandonedOutcome(header, { code: 'internal', message: '€'.repeat(1000) }));
    expect(decoded).toMatchObject({ kind: 'abandoned', code: 'internal', message: '€'.repeat(170) });
  });
});

describe('the largest message', () => {
  const task = (cohort: number): Parameters<typeof largestMessage>[0] =>
    parseConfig({
      tasks: [{ name: 'a', rounds: 1, cohort, adversary: 'curious', unsafeOpenEnrolment: true, graph: 'complete' }],
    }).tasks[0]!;

  it('is the masked input of a large model', () => {
    // 100 003 values of 19 bits.
    expect(largestMessage(task(8), 100_000)).toBeGreaterThanOrEqual(35 + 5 + Math.ceil((100_003 * 19) / 8));
    expect(largestMessage(task(8), 100_000)).toBeLessThan(240_000);
  });

  it('is as long as noisy vectors are, which are padded', () => {
    const noisy = { ...task(8), privacy: { adaptiveClip: undefined } } as unknown as ReturnType<typeof task>;
    expect(largestMessage(noisy, 2 ** 17 - 1)).toBeGreaterThanOrEqual(35 + 5 + (2 ** 17 * 19) / 8);
    const adaptive = { ...task(8), privacy: { adaptiveClip: { bitWidth: 0.2 } } } as unknown as ReturnType<typeof task>;
    expect(largestMessage(adaptive, 2 ** 17)).toBeGreaterThanOrEqual(35 + 5 + (2 ** 18 * 19) / 8);
  });

  it('is the shares of a large cohort', () => {
    expect(largestMessage(task(2000), 10)).toBeGreaterThanOrEqual(35 + 4 + 1999 * 84);
  });
});
