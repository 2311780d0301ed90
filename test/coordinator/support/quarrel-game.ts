import { parseConfig, type RoundReport, type TaskConfig } from '../../../coordinator/index.ts';
import { Seats } from '../../../coordinator/gateway/index.ts';
import { LIMITS } from './limits.ts';
import { AdmissionControl } from '../../../coordinator/limits/admission-control.ts';
import { createLog } from '../../../coordinator/log.ts';
import { MemberRegistry } from '../../../coordinator/members.ts';
import { nothingPending } from '../../../coordinator/rounds/pending.ts';
import { Selection } from '../../../coordinator/rounds/selection.ts';
import { suspectsOf } from '../../../coordinator/rounds/suspects.ts';
import { minSharers, roundParameters } from '../../../protocol/schemes/secagg/parameters/index.ts';
import { shareOf } from '../../../protocol/rounds/index.ts';
import type { Drop } from '../../../protocol/schemes/secagg/server/types.ts';
import { systemRandom } from '../../../protocol/crypto/random.ts';
import { type MemberId, memberId } from '../../../protocol/ids.ts';

// Attempts at a round as far as seals go: who is seated is what the shipped selection says, what the members do is said by a
// test, and a sum is there where as many as the quorum and the task ask for are left.

/** What the liars do in one attempt. Whoever is not seated does and suffers nothing. */
export interface Move {
  /** Liar and member: it seals to the member what does not open, which leaves and says so. */
  readonly wrongs: readonly (readonly [number, number])[];
  /** Liar and member: it leaves, and says the same of the member without a reason. */
  readonly accuses: readonly (readonly [number, number])[];
  /** These leave without a word; they have sealed before, and what is said of them counts all the same. */
  readonly leave: readonly number[];
}

/** How an attempt went. */
export interface Played {
  readonly seated: readonly number[];
  readonly satOut: readonly number[];
  /** Who is out for good, as far as an attempt goes. */
  readonly proven: readonly number[];
  readonly committed: boolean;
}

/** Members 1 … n with a seat each. */
export const seatsOf = (n: number): Seats => {
  const entrance = new AdmissionControl({ ...LIMITS, trustProxy: 0 }, 1000);
  const seats = new Seats({ graceMs: 1000, admitted: () => () => true });
  for (let i = 1; i <= n; i++) {
    const member = memberId(i);
    const occupant = {
      kind: 'member',
      member,
      tasks: [],
      token: new Uint8Array(),
      quota: entrance.quotaOf(member),
    } as const;
    seats.take(occupant, { send: () => undefined, tell: () => undefined, end: () => undefined }, () => undefined);
  }
  return seats;
};

/** A task of n members, all of whom make up a cohort. */
export class QuarrelGame {
  readonly #task: TaskConfig;
  readonly #seats: Seats;
  readonly #n: number;

  /** @param task what is not as ever: `{ exclusionAttempts: 0 }` takes the protection out */
  constructor(n: number, task: object = {}) {
    this.#n = n;
    this.#seats = seatsOf(n);
    this.#task = parseConfig({
      directory: { file: 'members.bin', authorityKey: '00'.repeat(32) },
      tasks: [
        { name: 'toy', model: { tensors: { w: [1] }, seed: 1 }, rounds: 1000, cohort: n, overSelect: 0, ...task },
      ],
    }).tasks[0]!;
  }

  /** How many may be liars. */
  get liars(): number {
    return Math.max(1, shareOf(this.#n, this.#task.colluding));
  }

  /** Plays attempts one after another, from the start. */
  play(count: number, moveOf: (attempt: number, seated: readonly number[]) => Move): readonly Played[] {
    const host = {
      ...{ seats: this.#seats, random: systemRandom, log: createLog('silent') },
      members: new MemberRegistry(undefined, [], () => 0),
    };
    // No sum gets as far as to be shown to anybody: nothing is ever pending.
    const model = { privacy: undefined, pending: nothingPending('00'.repeat(32)) };
    const selection = new Selection({ task: this.#task, host, model });
    let number = 1;
    return Array.from({ length: count }, (_, i) => {
      const seated = selection.choose(number);
      if (seated === undefined) throw new Error('nobody is seated');
      const invited = seated.flatMap((cohort) => cohort.invited);
      const played = this.#attempt(selection, invited, number, moveOf(i, invited));
      number = played.committed ? 1 : number + 1;
      return played;
    });
  }

  #attempt(selection: Selection, invited: readonly MemberId[], attempt: number, move: Move): Played {
    const { parameters, drops } = this.#drops(invited, move);
    const left = invited.length - new Set(drops.map(({ member }) => member)).size;
    const committed = left >= Math.max(minSharers(parameters), this.#task.minCohort);
    const { colluding } = this.#task;
    const suspects = suspectsOf({ parameters, colluding, unmasked: left, drops, error: undefined, proven: false });
    const report = { task: 'toy', round: 1, attempt, drops, outcome: committed ? 'committed' : 'abandoned' } as const;
    const { benched = [], satOut = [] } = selection.judge(invited, suspects, report satisfies Partial<RoundReport>);
    return { seated: invited, satOut, proven: benched.map(({ member }) => member), committed };
  }

  #drops(invited: readonly MemberId[], { wrongs, accuses, leave }: Move) {
    const seated = new Set<number>(invited);
    const blames = new Map<number, Set<number>>();
    const blame = (accuser: number, accused: number): void => {
      if (!seated.has(accuser) || !seated.has(accused) || accuser === accused) return;
      blames.set(accuser, (blames.get(accuser) ?? new Set()).add(accused));
    };
    for (const [liar, member] of wrongs) blame(member, liar);
    for (const [liar, member] of accuses) blame(liar, member);
    const common = { state: 'masked-input', effect: 'before-input' } as const;
    const drops: Drop[] = [...blames].map(([accuser, accused]) => ({
      ...common,
      member: memberId(accuser),
      reason: 'share-undecryptable',
      blames: [...accused].map(memberId),
    }));
    for (const member of leave) {
      if (seated.has(member) && !blames.has(member))
        drops.push({ ...common, member: memberId(member), reason: 'member-left' });
    }
    return { parameters: roundParameters({ ...this.#task, n: invited.length }), drops };
  }
}
