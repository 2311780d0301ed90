import type { RunTask } from '../tasks.ts';

/** What is needed to make tables. */
export interface Runner {
  /** Runs a task: in a separate process, so that memory and compiled code of one do not disturb the next. */
  readonly run: RunTask;
  /** Prints for the reader of the tables. */
  readonly print: (text: string) => void;
  /** Prints progress. */
  readonly note: (text: string) => void;
}
