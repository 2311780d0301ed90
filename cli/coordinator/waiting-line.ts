import type { StateEvent, WaitingEvent } from '../../coordinator/index.ts';

/** A member for people, without its number. */
export type Label = (member: number) => string;

/** What of a task says what happens when its quorum does not come in time. */
export interface Patience {
  readonly minCohort: number;
  readonly afterQuorumTimeout: 'wait' | 'run' | 'fail';
}

/** Members of a kind that are named. */
const MAX_NAMED = 6;

function named(members: readonly number[], label: Label): string {
  const more = members.length > MAX_NAMED ? ` and ${members.length - MAX_NAMED} more` : '';
  return `${members.slice(0, MAX_NAMED).map(label).join(', ')}${more}`;
}

const inBrackets = (members: readonly number[], label: Label): string =>
  members.length === 0 ? '' : ` (${named(members, label)})`;

/** Who is there and who is awaited, in one line. */
export function waitingLine(event: WaitingEvent, label: Label): string {
  const { task, round, present, needed, leftOut, fewest, missing } = event;
  const head = `${task}, round ${round}:`;
  const { length: there } = present;
  switch (event.for) {
    case 'set':
      return `${head} waiting for members of an earlier attempt${missing.length === 0 ? ' to take a moved model' : `: ${named(missing, label)}`}`;
    case 'draw':
      return `${head} ${there} seated, of whom chance would draw too few or too many; waiting for others to come or go`;
    case 'quorum': {
      const more = Math.max(needed - there, fewest - (there - leftOut));
      const out = leftOut === 0 ? '' : `, ${leftOut} of them left out for now`;
      const who = missing.length === 0 ? '' : `: ${missing.length > more ? 'of ' : ''}${named(missing, label)}`;
      return `${head} ${there} of ${needed} seated${inBrackets(present, label)}${out}, waiting for ${more} more${who}`;
    }
  }
}

/** Why a task need not wait, and what to change; undefined if no member has left, or if too few are present. */
export function withoutThem(event: WaitingEvent, label: Label): string | undefined {
  const { task, present, leftOut, needed, fewest, gone } = event;
  const there = present.length - leftOut;
  if (event.for !== 'quorum' || gone.length === 0 || there < fewest || present.length >= needed) return undefined;
  return (
    `${task}: ${named(gone, label)} left and may not come back; the ${present.length} who are there are enough for a sum, ` +
    `but the task waits for its quorum of ${needed}. To go on without, start again with quorum ${present.length}, ` +
    'or with quorumTimeout (seconds) and afterQuorumTimeout "run"'
  );
}

/** That the quorum has not come in time, and what happens now; undefined where it has not been waited for so long. */
export function overdueLine(event: WaitingEvent, { afterQuorumTimeout }: Patience): string | undefined {
  const { task, round, present, needed, fewest, timeouts, quorumTimeout } = event;
  if (timeouts === 0) return undefined;
  const seconds = Number((quorumTimeout * timeouts).toPrecision(12));
  const head = `${task}, round ${round}: the quorum has not come within ${seconds} s (quorumTimeout); ${present.length} are there`;
  if (afterQuorumTimeout === 'run') return `${head}; the round runs with ${fewest} or more (afterQuorumTimeout "run")`;
  return `${head}, ${needed} are needed; waiting on: start more clients, or lower quorum, or set afterQuorumTimeout to "run" or "fail"`;
}

/** Where a round is, in one line. */
export function stateLine({ task, round, attempt, state, members }: StateEvent, progress?: string): string {
  const which = attempt > 1 ? ` (attempt ${attempt})` : '';
  return `${task}, round ${round}${which}: ${state}, ${members} in${progress === undefined ? '' : `, ${progress}`}`;
}
