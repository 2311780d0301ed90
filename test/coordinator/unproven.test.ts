import { describe, expect, it } from 'vitest';
import { createLog, parseConfig } from '../../coordinator/index.ts';
import { MemberRegistry } from '../../coordinator/members.ts';
import { aftermathOf } from '../../coordinator/rounds/aftermath.ts';
import { nothingPending, withAnnounced } from '../../coordinator/rounds/pending.ts';
import { Selection } from '../../coordinator/rounds/selection.ts';
import { suspectsOf } from '../../coordinator/rounds/suspects.ts';
import { roundParameters } from '../../protocol/schemes/secagg/parameters/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { systemRandom } from '../../protocol/crypto/random.ts';
import { memberId } from '../../protocol/ids.ts';
import { seatsOf } from './support/quarrel-game.ts';

const LIAR = memberId(3);

/**
 * Nine members of whom one deals falsely whenever it is seated, and nothing can be proven; all sign before it shows.
 * @param task what is not as ever: `{ exclusionAttempts: 0 }` takes the protection out
 * @returns who is seated in each attempt until one is without it, or as many have been made as a task may by default
 */
async function play(task: object = {}): Promise<{ readonly seated: (readonly number[])[]; readonly moved: number[] }> {
  const config = parseConfig({
    directory: { file: 'members.bin', authorityKey: '00'.repeat(32) },
    tasks: [
      {
        ...{ name: 'toy', model: { tensors: { w: [1] }, seed: 1 }, rounds: 1, cohort: 9, quorum: 9, overSelect: 0 },
        ...{ minCohort: 5, maxRebases: 3, ...task },
      },
    ],
  }).tasks[0]!;
  const host = {
    ...{ seats: seatsOf(9), random: systemRandom },
    log: createLog('silent'),
    members: new MemberRegistry(undefined, ['toy'], () => 0),
  };
  const model = { privacy: undefined, pending: nothingPending('00'.repeat(32)) };
  const selection = new Selection({ task: config, host, model });
  const seated: (readonly number[])[] = [];
  const moved: number[] = [];
  const parameters = roundParameters({ ...config, n: 9 });
  while (seated.length < config.attempts) {
    const decision = await selection.ready(new AbortController().signal);
    if (decision?.kind === 'rebase') {
      moved.push(seated.length);
      model.pending = nothingPending('00'.repeat(32), moved.length);
      selection.rebased();
      continue;
    }
    const { invited, again } = selection.choose(seated.length + 1)![0]!;
    const members = [...invited].sort((a, b) => a - b);
    seated.push(members);
    if (!members.includes(LIAR)) break;
    const error = new CairnError('false-dealing-unproven', 'no', { culprits: [LIAR] });
    const drops = [] as const;
    const ends = [{ ...{ again, invited, error, drops }, proofs: [] }];
    const aftermath = aftermathOf(withAnnounced(model.pending, members), ends, false, 2);
    selection.learn(aftermath);
    model.pending = aftermath.pending;
    const evidence = { ...{ parameters, drops, error }, colluding: config.colluding, unmasked: 6, proven: false };
    const report = { ...{ task: 'toy', round: 1, drops }, attempt: seated.length };
    selection.judge(invited, suspectsOf(evidence), report);
  }
  return { seated, moved };
}

const ALL = [1, 2, 3, 4, 5, 6, 7, 8, 9];

describe('a member that repeatedly deals false shares without proof', () => {
  it('is seated with its set three more times, and is excluded once the model was moved', async () => {
    const { seated, moved } = await play();
    expect(moved).toEqual([4]);
    expect(seated).toEqual([ALL, ALL, ALL, ALL, ALL.filter((member) => member !== LIAR)]);
  });

  it('spoils every attempt of a task if no member is ever excluded', async () => {
    const { seated } = await play({ exclusionAttempts: 0 });
    expect(seated).toEqual(Array(10).fill(ALL));
  });
});
