import { Quarrels, quarrelsIn } from '../../../coordinator/internal.ts';
import { memberId } from '../../../protocol/ids.ts';
import { messageName } from '../../../protocol/wire/index.ts';
import { type Attack, namedCodes } from '../attack.ts';
import { Lab, seeded } from '../open-round/lab.ts';
import { brokenSeals } from './deeds.ts';

const N = 8;
const BAD = memberId(1);
const GAMMA = 0.25;
/** Minimum members of a round: one fewer may be missing than may collude. */
const FEWEST = N - GAMMA * N + 1;
/** Maximum number of victims in one attempt. */
const VICTIMS = GAMMA * N;
const ATTEMPTS = 6;

/**
 * One attempt at a round: the hostile member sends some members seals that do not open; they leave, and it leaves
 * itself.
 * @param out members that the coordinator leaves out
 */
function attempt(seed: string, number: number, out: readonly number[]): Lab {
  const settings = { colludingPpm: GAMMA * 1e6, dropoutPpm: 100_000, minCohort: FEWEST };
  const random = seeded(`${seed} attempt ${number}`);
  const lab = new Lab({ seed, random, n: N, adversary: 'active', settings, target: N - out.length });
  for (const member of out) lab.dead.add(memberId(member));
  const spoil = brokenSeals(VICTIMS, () => 0);
  return lab.run({
    up: (mail) => {
      if (mail.member !== BAD) return [mail];
      const name = messageName(mail.bytes);
      // It stays away once the harm is done: no sum then contains its input.
      return name === 'maskedInput' ? [] : [{ ...mail, bytes: spoil(name, mail.bytes) }];
    },
  });
}

/** One attempt alone does not tell victim from culprit. */
export const spoiltSeals: Attack = {
  name: 'spoilt-seals',
  title: 'seals shares that do not open to two members in each round, and leaves it',
  attacker: 'one of eight members, alone, where two may collude',
  source: 'docs/security.md §5, spoilt rounds',
  protection: 'of members that disagree over seals, one side sits out one attempt and the other the next',
  without: 'a coordinator that invites the same members again',
  run: ({ protected: safe, seed, signal }) => {
    const quarrels = new Quarrels(GAMMA);
    const everyone = Array.from({ length: N }, (_, i) => memberId(i + 1));
    const codes = new Set<string>();
    for (let number = 1; number <= ATTEMPTS; number++) {
      signal?.throwIfAborted();
      const out = safe ? quarrels.apart(everyone, N - FEWEST) : [];
      const lab = attempt(`seals ${seed}`, number, out);
      for (const { reason } of lab.drops) codes.add(reason);
      if (lab.committed !== undefined) {
        const figures = { attempts: number, included: lab.committed.included.length };
        const learned = 'nothing: the round of the others commits';
        return Promise.resolve({ succeeded: false, learned, figures, stoppedBy: namedCodes(codes) });
      }
      const invited = everyone.filter((member) => !out.includes(member));
      quarrels.learn({ invited, quarrels: quarrelsIn(lab.drops), liars: [] });
      quarrels.sitOut(out);
    }
    const figures = { attempts: ATTEMPTS, included: 0 };
    return Promise.resolve({
      ...{ succeeded: true, learned: 'no update: no round of the others ever commits', figures },
      stoppedBy: undefined,
    });
  },
};
