import type { StateEvent, WaitingEvent } from '../../coordinator/index.ts';

/** A member for display, without its number. */
export type Label = (member: number) => string;

/** The setting of a task for what happens when its quorum is not reached in time. */
export interface Patience {
  readonly minCohort: number;
  readonly afterQuorumTimeout: 'wait' | 'run' | 'fail';
}

/** Maximum number of members of a kind that are named. */
const MAX_NAMED = 6;

function named(members: readonly number[], label: Label): string {
  const more = members.length > MAX_NAMED ? ` and ${members.length - MAX_NAMED} more` : '';
  return `${members.slice(0, MAX_NAMED).map(label).join(', ')}${more}`;
}

const inBrackets = (members: readonly number[], label: Label): string =>
  members.length === 0 ? '' : ` (${named(members, label)})`;

/** The members that are present and those awaited, in one line. */
export function waitingLine(event: WaitingEvent, label: Label): string {
  const { task, round, present, needed, leftOut, fewest, missing } = event;
  const head = `${task}, round ${round}:`;
  const { length: there } = present;
  switch (event.for) {
    case 'set':
      return `${head} waiting for members of an earlier attempt${missing.length === 0 ? ' to accept a moved model' : `: ${named(missing, label)}`}`;
    case 'draw':
      return `${head} ${there} seated, from which a random draw would have too few or too many; waiting for members to come or go`;
    case 'quorum': {
      const more = Math.max(needed - there, fewest - (there - leftOut));
      const out = leftOut === 0 ? '' : `, ${leftOut} of them excluded for now`;
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
    `${task}: ${named(gone, label)} left and may not come back; the ${present.length} present are enough for a sum, ` +
    `but the task waits for its quorum of ${needed}. To continue without them, restart with quorum ${present.length}, ` +
    'or with quorumTimeout (seconds) and afterQuorumTimeout "run"'
  );
}

/** That the quorum was not reached in time, and what happens next; undefined before that time. */
export function overdueLine(event: WaitingEvent, { afterQuorumTimeout }: Patience): string | undefined {
  const { task, round, present, needed, fewest, timeouts, quorumTimeout } = event;
  if (timeouts === 0) return undefined;
  const seconds = Number((quorumTimeout * timeouts).toPrecision(12));
  const head = `${task}, round ${round}: the quorum was not reached within ${seconds} s (quorumTimeout); ${present.length} are present`;
  if (afterQuorumTimeout === 'run') return `${head}; the round runs with ${fewest} or more (afterQuorumTimeout "run")`;
  return `${head}, ${needed} are needed; still waiting: start more clients, or lower quorum, or set afterQuorumTimeout to "run" or "fail"`;
}

/** The state of a round, in one line. */
export function stateLine({ task, round, attempt, state, members }: StateEvent, progress?: string): string {
  const which = attempt > 1 ? ` (attempt ${attempt})` : '';
  return `${task}, round ${round}${which}: ${state}, ${members} in${progress === undefined ? '' : `, ${progress}`}`;
}
