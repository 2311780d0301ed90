import type { RoundReport } from '../report.ts';
import type { TaskStatus } from '../rounds/index.ts';

/** What a report shows of a task whose members are drawn by chance. */
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

/** A report as the HTTP API shows it. */
export const shownReport = (report: RoundReport): Partial<RoundReport> =>
  isSecret(report) ? pick(report, SHOWN) : report;

/** A status as the HTTP API shows it. */
export const shownStatus = (status: TaskStatus): Partial<TaskStatus> =>
  isSecret(status) ? pick(status, SHOWN_OF_STATUS) : status;
