import type { RoundReport } from '../report.ts';
import type { TaskStatus } from '../rounds/index.ts';

/** What a report shows where members are drawn by chance. */
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

/** The same of a status. */
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
 * Where members are drawn by chance a round costs less, since nobody who reads the models knows who was. How many were in
 * a sum tells that as well as a mean over them would, and so do names of those who dropped out, bytes and times: whoever
 * may read models is not told. The log and the journal have it all.
 */
const isSecret = ({ privacy }: Pick<RoundReport, 'privacy'>): boolean => privacy !== undefined && privacy.sampling < 1;

/** Names of the directory are there for all to read; what a guest called itself it has told the coordinator alone. */
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
 * What is shown at a coordinator. Members are shared by its tasks, and who was drawn for one is not idle for another: who
 * knows how many are connected reads off any other task's idle members how many were drawn, and off its rounds who was
 * not. So once one task draws by chance, all show as little.
 * @param draws whether one of the coordinator's tasks draws members by chance
 */
export function shownWhere(draws: boolean): Shown {
  return {
    status: (status) => (draws || isSecret(status) ? pick(status, SHOWN_OF_STATUS) : status),
    report: (report) => (draws || isSecret(report) ? pick(report, SHOWN) : withoutClaims(report)),
  };
}
