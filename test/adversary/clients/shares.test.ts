import { afterEach, describe, expect, it } from 'vitest';
import { closeAll } from '../../coordinator/support/hall.ts';
import { until } from '../../coordinator/support/until.ts';
import { memberId } from '../../../protocol/ids.ts';
import { membership } from '../../coordinator/support/hall.ts';
import {
  brokenSeal,
  falseCommitment,
  falseShares,
  signedFalseCommitment,
} from '../../../simulations/attacks/members/deeds.ts';
import { HOSTILE, Scene } from './support/scene.ts';

afterEach(closeAll);

/** The hostile member has the lowest id, so it is the first of each roster. */
const committedFalsely = () => signedFalseCommitment(membership.identities.get(memberId(HOSTILE))!, 0);

describe('a member that lies about shares, beside shipped clients', () => {
  it('reveals false shares: it is named, and the sum is exact with its own input in it', async () => {
    const scene = await Scene.open();
    await scene.hostile({ send: falseShares });
    const report = await scene.begin().expectExact([HOSTILE]);
    expect(report.drops).toMatchObject([{ member: HOSTILE, reason: 'share-false', effect: 'after-input' }]);
    expect(report.attempt).toBe(1);
    await scene.expectAlive();
  });

  it('three of nine are more than can be corrected where seven shares are needed: no sum is wrong, and none is believed', async () => {
    const scene = await Scene.open({ honest: 6, cohort: 9, task: { attempts: 1, threshold: 7, minCohort: 7 } });
    for (const member of [HOSTILE, 8, 9]) await scene.hostile({ send: falseShares }, member);
    scene.begin();
    await expect(scene.hall.coordinator.finished).rejects.toMatchObject({ code: 'false-dealing-unproven' });
    const before = scene.hall.coordinator.model('toy')!.w;
    expect(before!.every((value) => value === 0)).toBe(true);
    await scene.expectAlive();
  });

  it('commits to another seed than it shares: it is named, and the next attempt goes without it and is exact', async () => {
    const scene = await Scene.open();
    await scene.hostile({ send: committedFalsely() });
    scene.begin();
    await until(() => scene.hall.states.some(({ state }) => state === 'share-keys'));
    // A cohort that lacks nobody but the hostile member would be refused: the difference of the two is its update.
    await Promise.all([scene.join(10), scene.join(11)]);
    const first = await scene.attempt(1);
    expect(first).toMatchObject({ outcome: 'abandoned', code: 'secret-mismatch' });
    expect(first.message).toContain(`members ${HOSTILE} are proven`);
    await scene.expectExact([]);
    await scene.expectAlive();
  });

  it('commits falsely where nobody but the cohort is there: the others are shown the proof, and go on without it', async () => {
    const scene = await Scene.open({ task: { attempts: 2, quorum: 8 } });
    await scene.hostile({ send: committedFalsely() });
    scene.begin();
    await scene.hall.coordinator.finished;
    const [first, second] = scene.hall.reports;
    expect(first).toMatchObject({ outcome: 'abandoned', code: 'secret-mismatch' });
    expect(second).toMatchObject({ outcome: 'committed', attempt: 2, included: first!.members.invited - 1, drops: [] });
    await scene.expectAlive();
  });

  it('commits to another seed without its signature: it is out at once, and the round of the others is exact', async () => {
    const scene = await Scene.open({ task: { quorum: 8 } });
    await scene.hostile({ send: falseCommitment });
    const report = await scene.begin().expectExact([]);
    expect(report.drops).toMatchObject([{ member: HOSTILE, reason: 'identity-signature', effect: 'before-input' }]);
    expect(report.attempt).toBe(1);
    await scene.expectAlive();
  });

  it('seals a share that does not open: its victim refuses and says of whom', async () => {
    const scene = await Scene.open();
    await scene.hostile({ send: brokenSeal });
    scene.begin();
    const report = await scene.committed();
    expect(report.drops).toMatchObject([{ reason: 'share-undecryptable', effect: 'before-input', blames: [HOSTILE] }]);
    const { member: victim } = report.drops[0]!;
    const refusal = scene.events.get(victim)!.find(({ kind }) => kind === 'refused');
    expect(refusal).toMatchObject({
      code: 'share-undecryptable',
      message: expect.stringContaining(String(HOSTILE)) as string,
    });
    await scene.expectAlive();
  });
});
