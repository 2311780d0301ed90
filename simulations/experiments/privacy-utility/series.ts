import { Series } from '../../laboratory/rows.ts';

/** Scores of a training after some rounds. */
export type ScoreRow = {
  readonly training: string;
  readonly members: number;
  readonly placement: 'none' | 'central' | 'distributed';
  /** Budget ε of the training; null without noise. */
  readonly epsilon: number | null;
  readonly repeat: number;
  /** Rounds so far. */
  readonly round: number;
  /** The model's accuracy on test images. */
  readonly accuracy: number;
  /** In nats; null if it is not finite. */
  readonly loss: number | null;
  /** Standard deviation of a sum's noise, divided by what one member can move it by; null without noise. */
  readonly noiseMultiplier: number | null;
  /** ε of the rounds so far, towards the parties that the budget holds against. */
  readonly spent: number | null;
  /** The same towards coordinator and members, which know who takes part; null if unbounded. */
  readonly spentInside: number | null;
  /** The clip of the last of these rounds. */
  readonly clip: number;
  // Since the row before:
  /** Members in a sum, on average. */
  readonly included: number;
  /** Rounds without a sum. */
  readonly failed: number;
  /** Share of updates that were longer than the clip. */
  readonly clipped: number;
  /** How often a member's training diverged, so that it sent zeros. */
  readonly diverged: number;
  /** Whether the budget ended the training before its rounds were over. */
  readonly stopped: boolean;
};

/** Every evaluation of every training, in the order of the trainings. */
export const SCORES = new Series<ScoreRow>('scores');
