import type { RoundReport } from '../report.ts';
import type { TaskStatus } from '../rounds/index.ts';

/** Fields of a report that are shown if members are drawn at random. */
const SHOWN = [
  'task',
  'round',
  'attempt',
  'repeat',
  'rebases',
  'outcome',
  'startedAt',
  'privacy',
  'modelHash',
  'evaluation',
  'standing',
] as const satisfies readonly (keyof RoundReport)[];

/** The same for a status. */
const SHOWN_OF_STATUS = [
  'task',
  'state',
  'round',
  'rounds',
  'attempt',
  'repeat',
  'rebases',
  'adversary',
  'suite',
  'quorum',
  'cohort',
  'groups',
  'privacy',
  'parameters',
  'modelHash',
  'code',
] as const satisfies readonly (keyof TaskStatus)[];

function pick<Whole extends object>(whole: Whole, keys: readonly (keyof Whole)[]): Partial<Whole> {
  const part: Partial<Whole> = {};
  for (const key of keys) if (whole[key] !== undefined) part[key] = whole[key];
  return part;
}

/**
 * If members are drawn at random, a round costs less because readers of the models do not know who was drawn. The
 * number of inputs in a sum would reveal that as well as a mean over them, and so would the names of members that
 * dropped out, bytes and times: readers of models are not shown them. The log and the journal have everything.
 */
const isSecret = ({ privacy }: Pick<RoundReport, 'privacy'>): boolean => privacy !== undefined && privacy.sampling < 1;

/** Names in the directory are public; what a guest calls itself it has told only the coordinator. */
function withoutClaims({ names, ...report }: RoundReport): RoundReport {
  const proven = names?.filter((name) => name.proven) ?? [];
  return proven.length === 0 ? report : { ...report, names: proven };
}

/** What the HTTP API shows of tasks. */
export interface Shown {
  readonly status: (status: TaskStatus) => Partial<TaskStatus>;
  readonly report: (report: RoundReport) => Partial<RoundReport>;
}

/**
 * What a coordinator shows. Its tasks share members, and a member drawn for one is not idle for another: anyone who
 * knows how many are connected could tell from another task's idle members how many were drawn, and from its rounds who
 * was not. So once one task draws at random, all show equally little.
 * @param draws whether one of the coordinator's tasks draws members at random
 */
export function shownWhere(draws: boolean): Shown {
  return {
    status: (status) => (draws || isSecret(status) ? pick(status, SHOWN_OF_STATUS) : status),
    report: (report) => (draws || isSecret(report) ? pick(report, SHOWN) : withoutClaims(report)),
  };
}
