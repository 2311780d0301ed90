import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CollectingState } from '../../protocol/schemes/secagg/server/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { unsafeSeededRandom } from '../../protocol/crypto/seeded.ts';
import { u32le } from '../../protocol/crypto/bytes.ts';
import type { SecretBytes } from '../../protocol/crypto/secret.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { wholeCommittee } from '../../protocol/schemes/secagg/parameters/index.ts';
import { completeThreshold } from '../../protocol/schemes/secagg/parameters/round.ts';
import { vectorLength } from '../../protocol/quantize/index.ts';
import { plainSum } from '../../simulations/engine/sums.ts';
import { runVirtualRound } from '../../simulations/engine/round.ts';
import { readFaults } from '../../simulations/faults/script.ts';
import { firstMembers, virtualMembership } from '../../simulations/engine/members.ts';
import { virtualSettings } from '../../simulations/engine/settings.ts';

const primitives = nodePrimitives;
const STATES: CollectingState[] = ['advertise-keys', 'share-keys', 'masked-input', 'consistency-check', 'unmasking'];

const round = fc
  .record({
    seed: fc.nat(0xffff_ffff),
    n: fc.integer({ min: 3, max: 24 }),
    adversary: fc.constantFrom('curious' as const, 'active' as const),
    graph: fc.constantFrom('complete' as const, 'auto' as const),
    dimension: fc.integer({ min: 1, max: 40 }),
    inputBits: fc.integer({ min: 2, max: 24 }),
    suite: fc.constantFrom(1 as const, 2 as const),
  })
  .chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      drops: fc.dictionary(fc.integer({ min: 1, max: shape.n }).map(String), fc.constantFrom(...STATES), {
        maxKeys: Math.ceil(shape.n / 2),
      }),
    }),
  );

/**
 * On the complete graph the outcome is known: a sum if and only if a quorum of U1's size is there until it has signed, and
 * the threshold at the end.
 */
function canCommit(
  { n, adversary }: { n: number; adversary: 'curious' | 'active' },
  drops: CollectingState[],
): boolean {
  const without = (...states: CollectingState[]): number => n - drops.filter((state) => states.includes(state)).length;
  const rostered = without('advertise-keys');
  if (rostered < 2) return false;
  const threshold = completeThreshold({ n: rostered, adversary, colluding: 0.1 });
  const before = ['advertise-keys', 'share-keys', 'masked-input'] as const;
  if (adversary === 'curious') return without(...before, 'unmasking') >= threshold;
  const { quorum } = wholeCommittee(rostered, 0.1);
  return without(...before, 'consistency-check') >= quorum && without(...STATES) >= threshold;
}

/** Fixed, so that the counts at the end hold on every run; `CAIRN_SEED` tries another one. */
const SEED = Number(process.env.CAIRN_SEED ?? 20_261_122);

describe('the unmasked sum', () => {
  it('equals the plain sum of U3 modulo 2^b bit for bit, or the round ends with a named abort and no sum', () => {
    let committed = 0;
    let aborted = 0;
    fc.assert(
      fc.property(round, ({ shape, drops }) => {
        const random = unsafeSeededRandom(primitives.sha256(u32le(shape.seed)));
        const membership = shape.adversary === 'active' ? virtualMembership(primitives, random, shape.n) : undefined;
        const settings = virtualSettings(random, {
          suite: shape.suite,
          adversary: shape.adversary,
          graph: shape.graph,
          dimension: shape.dimension,
          inputBits: shape.inputBits,
          maxCohort: 24,
          ...(membership === undefined ? {} : { directoryHash: membership.directory.hash }),
        });
        const inputs = new Map<MemberId, Uint32Array>();
        const inputOf = (member: MemberId): Uint32Array => {
          const known = inputs.get(member);
          if (known !== undefined) return known;
          const bytes = random(4 * vectorLength(settings));
          const values = new Uint32Array(bytes.buffer, 0, vectorLength(settings)).slice();
          inputs.set(member, values);
          return values;
        };
        const deaths = Object.entries(drops);
        const faults = readFaults(deaths.map(([id, state]) => ({ kind: 'drop', members: [Number(id)], state })));
        const wiped: SecretBytes[] = [];
        const result = runVirtualRound({
          primitives,
          random,
          settings,
          members: firstMembers(shape.n),
          inputOf,
          faults,
          seed: shape.seed,
          onWiped: (secrets) => wiped.push(...secrets),
          ...(membership === undefined ? {} : { membership }),
        });
        const beforeInput = deaths.filter(([, state]) => STATES.indexOf(state) <= 2).length;
        if (shape.graph === 'complete') expect(result.committed).toBe(canCommit(shape, Object.values(drops)));
        if (result.committed) {
          committed++;
          expect(result.included.length).toBe(shape.n - beforeInput);
          expect(result.sum).toEqual(plainSum(settings, result.included, inputOf));
        } else {
          aborted++;
          expect(result.sum).toBeUndefined();
          expect(['below-threshold', 'too-few-members']).toContain(result.error?.code);
        }
        expect(wiped.length).toBeGreaterThan(0);
        for (const secret of wiped) expect(secret.forTestingIsZero()).toBe(true);
      }),
      { numRuns: 50, seed: SEED },
    );
    // Both halves of the promise have been looked at.
    expect(committed).toBeGreaterThan(12);
    expect(aborted).toBeGreaterThan(3);
  });
});
