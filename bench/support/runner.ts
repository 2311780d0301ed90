import type { RunTask } from '../tasks.ts';

/** What tables are made with. */
export interface Runner {
  /** Runs a task: in a process of its own, so that memory and compiled code of one do not disturb the next. */
  readonly run: RunTask;
  /** For the reader of the tables. */
  readonly print: (text: string) => void;
  /** For whoever waits. */
  readonly note: (text: string) => void;
}
