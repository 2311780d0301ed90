import { Series } from '../../laboratory/rows.ts';
import type { Defence, Training } from './trainings.ts';

/** Scores of a training after some rounds. */
export type ScoreRow = {
  readonly training: string;
  readonly defence: string;
  readonly rule: Defence['rule'];
  readonly groups: number;
  readonly rollback: boolean;
  readonly attack: Training['attack'];
  /** Share of attacking members. */
  readonly attackers: number;
  readonly repeat: number;
  /** Rounds so far. */
  readonly round: number;
  /** The model's accuracy on test images. */
  readonly accuracy: number;
  /** In nats; null if it is not finite. */
  readonly loss: number | null;
  // Over all attacked rounds so far:
  /** Share of groups with an attacker in them. */
  readonly poisoned: number;
  /** Rounds in which at least half of the groups had one: no rule over groups is made for that. */
  readonly lost: number;
  // Over all rounds so far:
  /** Rounds whose model was rolled back. */
  readonly rolledBack: number;
  /** Rounds whose sums gave no update. */
  readonly failed: number;
};

/** Every evaluation of every training, in the order of the trainings. */
export const SCORES = new Series<ScoreRow>('scores');

/** One round's groups, summed in the open and by the production sessions. */
export type ProofRow = {
  readonly groups: number;
  readonly members: number;
  readonly attackers: number;
  /** Words of all sums together. */
  readonly words: number;
  /** How many of them differ. */
  readonly different: number;
};

/** Proof that arithmetic in the open equals the sessions: one row for each number of groups. */
export const PROOFS = new Series<ProofRow>('proofs');
