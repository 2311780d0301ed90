import type { AggregationMode } from '../../engine/aggregator.ts';

/** How many take part, the adversary among them: one victim of five classes, or ten honest ones of one class each. */
export type Participants = 2 | 11;

/** One federation to run: settings that are the same for all of its rounds. */
export interface Scenario {
  readonly participants: Participants;
  /** The class that the adversary is after. */
  readonly target: number;
  /** Share θ_u of the change that everybody uploads. */
  readonly thetaUpload: number;
  /** Privacy budget of each uploaded parameter, ε/c; null: no noise. */
  readonly noise: number | null;
  /** Budget ε of differential privacy of users over all rounds; null: none. */
  readonly epsilon: number | null;
  readonly aggregation: AggregationMode;
  /** Whether somebody holds images of the target; false is the control. */
  readonly victim: boolean;
  /** Which of the repetitions, from 1. */
  readonly repetition: number;
}

/** The class that no participant's images have: the label of the adversary's samples. */
export const FAKE = 10;

/** Outputs of the shared model. */
export const CLASSES = 11;

/**
 * The classes of each honest participant. In the control nobody holds the target: the victim of two keeps its four
 * other classes; of the ten, the one whose only class it is stays away.
 */
export function honestClasses({ participants, target, victim }: Scenario): readonly (readonly number[])[] {
  const all = participants === 2 ? [[0, 1, 2, 3, 4]] : Array.from({ length: 10 }, (_, k) => [k]);
  if (victim) return all;
  return all.map((classes) => classes.filter((k) => k !== target)).filter((classes) => classes.length > 0);
}

/** The classes of which the adversary has images of its own. */
export function adversaryClasses({ participants }: Scenario): readonly number[] {
  return participants === 2 ? [5, 6, 7, 8, 9] : [];
}
