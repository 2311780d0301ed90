import { Series } from '../../laboratory/series.ts';
import type { Defence, Training } from './trainings.ts';

/** How a training did after some rounds. */
export type ScoreRow = {
  readonly training: string;
  readonly defence: string;
  readonly rule: Defence['rule'];
  readonly groups: number;
  readonly rollback: boolean;
  readonly attack: Training['attack'];
  /** Share of members that attack. */
  readonly attackers: number;
  readonly repeat: number;
  /** Rounds so far. */
  readonly round: number;
  /** Of the model, on test images. */
  readonly accuracy: number;
  /** In nats; null where it is not finite. */
  readonly loss: number | null;
  // Of all rounds so far in which attackers attack:
  /** Share of groups with one of them in it. */
  readonly poisoned: number;
  /** Rounds in which at least half of the groups had one: no rule over groups is made for them. */
  readonly lost: number;
  // Of all rounds so far:
  /** Rounds whose model was rolled back. */
  readonly rolledBack: number;
  /** Rounds whose sums gave no update. */
  readonly failed: number;
};

/** Every look of every training, in the order of the trainings. */
export const SCORES = new Series<ScoreRow>('scores');

/** One round's groups, summed in the open and by the sessions of production. */
export type ProofRow = {
  readonly groups: number;
  readonly members: number;
  readonly attackers: number;
  /** Words of all sums together. */
  readonly words: number;
  /** How many of them differ. */
  readonly different: number;
};

/** That arithmetic in the open stands for the sessions: one row for each number of groups. */
export const PROOFS = new Series<ProofRow>('proofs');
