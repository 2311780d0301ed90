import { afterEach, describe, expect, it } from 'vitest';
import { systemRandom } from '../../../protocol/crypto/random.ts';
import { closeAll } from '../../coordinator/support/hall.ts';
import { addedToVector, longerVector, otherBits } from '../../../simulations/attacks/members/deeds.ts';
import { HOSTILE, Scene } from './support/scene.ts';

afterEach(closeAll);

describe('a member that sends garbage for its vector, beside shipped clients', () => {
  it.each([
    ['of another length', longerVector],
    ['in other bits', otherBits],
  ])('%s: it is named and left out, and the sum of the others is exact', async (_, send) => {
    const scene = await Scene.open();
    await scene.hostile({ send });
    const report = await scene.begin().expectExact([]);
    expect(report.drops).toMatchObject([{ member: HOSTILE, reason: 'wire-bounds', effect: 'before-input' }]);
    await scene.expectAlive();
  });

  it('of random words: the sum is wrong by exactly as much, and nobody can tell', async () => {
    const scene = await Scene.open();
    const lie = [...systemRandom(6)].map((byte) => 37 * byte);
    await scene.hostile({ send: addedToVector(lie) });
    const report = await scene.begin().expectExact([HOSTILE], lie);
    expect(report.drops).toEqual([]);
    expect(report.benched ?? []).toEqual([]);
    await scene.expectAlive();
  });
});
