import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../../client/index.ts';
import { parseConfig, refusedByDefault } from '../../coordinator/index.ts';
import { assertConsent } from '../../protocol/rounds/consent/settings.ts';
import { virtualSettings } from '../../simulations/engine/virtual-task.ts';
import { seeded } from '../../simulations/attacks/open-round/lab.ts';
import { errorOf } from './support/errors.ts';
import { closeAll, openHall } from './support/hall.ts';

afterEach(closeAll);

const directory = { file: 'members.bin', authorityKey: 'ab'.repeat(32) };
const warningOf = (task: object): string | undefined =>
  refusedByDefault(
    parseConfig({ directory, tasks: [{ name: 'duo', rounds: 1, model: { tensors: { w: [2] } }, ...task }] }).tasks[0]!,
  );

// Two clinics started a coordinator for two: each refused every round, and nothing told the operator why.
describe('a task whose sums clients refuse by default', () => {
  it('is reported at the start, with the settings that work and what they give up', () => {
    expect(warningOf({ cohort: 2 })).toBe(
      'task "duo" allows sums of 2 (minCohort), and clients refuse sums of fewer than 3 unless their policy says otherwise ' +
        '(cohort-too-small): set minCohort to 3 with quorum 3 and cohort 3, which takes 3 clients; or have every client join ' +
        'with --min-cohort 2 (minCohort in its policy), which gives up that updates are hidden between members: in a sum of ' +
        'two each takes its own away and reads the other’s',
    );
  });

  it('is also reported if many would come: a client checks the fewest that a sum may have', () => {
    const warning = warningOf({ cohort: 20, minCohort: 2 });
    expect(warning).toContain('set minCohort to 3; or have');
  });

  it.each([{ cohort: 3 }, { cohort: 20 }, { cohort: 4, minCohort: 3 }])('is none of %o', (task) => {
    expect(warningOf(task)).toBeUndefined();
  });

  it('is judged by what clients actually require', () => {
    const { minCohort } = DEFAULT_POLICY;
    expect(warningOf({ cohort: 20, minCohort })).toBeUndefined();
    expect(warningOf({ cohort: 20, minCohort: minCohort - 1 })).toContain(`set minCohort to ${minCohort};`);
  });

  it('is in the log of the coordinator', async () => {
    const hall = await openHall({ cohort: 2 });
    const entry = hall.lines
      .map((line) => JSON.parse(line) as { event: string })
      .find(({ event }) => event === 'sums-too-small');
    expect(entry).toMatchObject({ level: 40, task: 'toy', members: 2 });
  });
});

describe('the client’s refusal', () => {
  const refusal = (minCohort: number, asked: number) =>
    errorOf(() =>
      assertConsent(
        { ...virtualSettings(seeded('two'), {}), minCohort },
        { ...DEFAULT_POLICY, adversary: 'curious', minCohort: asked },
      ),
    );

  it('says that more clients do not help, what would, and what that gives up', () => {
    const { code, message, hint } = refusal(2, 3);
    expect([code, message]).toEqual([
      'cohort-too-small',
      'the round allows sums of 2, this client asks for at least 3',
    ]);
    expect(hint).toBe(
      'ask the operator for a minCohort of 3 (more clients alone do not help); or set minCohort to 2 in this client’s ' +
        'policy (--min-cohort): the other member can then compute your update by subtracting its own from the sum',
    );
    expect(refusal(4, 10).hint).toContain('3 members that pool their updates can then compute yours from the sum');
  });
});
