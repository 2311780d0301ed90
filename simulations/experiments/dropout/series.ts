import { Series } from '../../laboratory/rows.ts';

/** One round of one point of the sweep. */
export type RoundRow = {
  /** Place of the point in the sweep, from 0. */
  readonly point: number;
  readonly repeat: number;
  readonly clients: number;
  readonly dim: number;
  readonly dropout: number;
  readonly state: string;
  /** As asked; `graphTaken` is what auto came to, null where the roster never closed. */
  readonly graph: string;
  readonly adversary: string;
  readonly committed: boolean;
  readonly sumExact: boolean | null;
  /** Code of the error that ended it. */
  readonly error: string | null;
  readonly included: number;
  /** Ids of the members whose inputs count, as ranges: 1-3,7. */
  readonly members: string;
  readonly graphTaken: string | null;
  /** Neighbours of each member. */
  readonly k: number | null;
  /** Shares that open a secret. */
  readonly t: number | null;
  readonly droppedBeforeInput: number;
  readonly droppedAfterInput: number;
  readonly droppedWithoutUnmasking: number;
  /** Of the median client among those that count. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Of all clients together. */
  readonly totalBytesUp: number;
  readonly totalBytesDown: number;
  readonly virtualSeconds: number;
  /** Predicted probability of failure, an upper bound on rings; null with further faults, which no prediction knows. */
  readonly predictedFailure: number | null;
};

/** Bytes of the median client in one phase of one round. */
export type BytesRow = {
  readonly point: number;
  readonly repeat: number;
  readonly phase: string;
  readonly bytesUp: number;
  readonly bytesDown: number;
};

/** What stands in the place of a phase for all of them together. */
export const ALL = 'all';

/** Milliseconds of work in one phase of one round: of the median client, and of the coordinator. */
export type TimeRow = {
  readonly point: number;
  readonly repeat: number;
  readonly phase: string;
  readonly clientMs: number;
  readonly serverMs: number;
};

/** Many small rounds of one kind: how many failed, and how many should have. */
export type OddsRow = {
  readonly graph: string;
  readonly adversary: string;
  readonly clients: number;
  readonly k: number;
  readonly t: number;
  readonly dropout: number;
  readonly rounds: number;
  readonly failed: number;
  /** Rounds whose sum was another than the plain one: never any. */
  readonly wrong: number;
  readonly observed: number;
  readonly predicted: number;
};

/** One round of the training, with churn or without. */
export type TrainingRow = {
  readonly churn: number;
  readonly round: number;
  readonly committed: boolean;
  readonly included: number;
  readonly dropped: number;
  /** On the test images, of the model after the round. */
  readonly accuracy: number;
  readonly loss: number;
};

/** Every round of the sweep. */
export const ROUNDS = new Series<RoundRow>('rounds');
/** Where the bytes of each round go. */
export const BYTES = new Series<BytesRow>('bytes');
/** Where the time of each round goes. */
export const TIMES = new Series<TimeRow>('times', 'timings');
/** How often small rounds fail. */
export const ODDS = new Series<OddsRow>('odds');
/** The trainings with and without churn. */
export const TRAINING = new Series<TrainingRow>('training');
