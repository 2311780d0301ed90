import { Series } from '../../laboratory/rows.ts';

/** A look at one federation behind one round. */
export type LookRow = {
  readonly federation: string;
  readonly participants: number;
  readonly thetaUpload: number;
  /** ε/c; null without noise. */
  readonly noise: number | null;
  /** Budget ε of differential privacy of users; null without. */
  readonly epsilon: number | null;
  readonly aggregation: string;
  /** Whether somebody holds the target; false is the control. */
  readonly victim: boolean;
  readonly repetition: number;
  readonly round: number;
  /** Of the global model, on test images of the classes that somebody holds. */
  readonly accuracy: number;
  /** Uploads longer than the clip, in the worst round since the last look. */
  readonly clipped: number;
  /** How often a participant sat a round out since the last look, because its training diverged. */
  readonly diverged: number;
  /** Greatest difference of a coordinate between this round's sum and the same sum in the open; null in the open and with private sums. */
  readonly rounding: number | null;
  // What follows is null before the attack.
  /** Mean −ln p(target) of the generator's last steps. */
  readonly generatorLoss: number | null;
  /** Share of the samples that the global model takes for the target. */
  readonly fooled: number | null;
  /** The independent classifier's verdict. */
  readonly share: number | null;
  readonly confidence: number | null;
  /** Distance and likeness to the nearest of the victim's images, and of as many held-out ones. */
  readonly distanceVictim: number | null;
  readonly distanceHeldOut: number | null;
  readonly ssimVictim: number | null;
  readonly ssimHeldOut: number | null;
  readonly nearerToVictim: number | null;
};

/** Looks in the order of cases, rounds and federations. */
export const looks = new Series<LookRow>('looks');

/** The judge. */
export const classifiers = new Series<{ readonly accuracy: number; readonly images: number }>('classifier');

/** How near real images that nobody trained on come to the victim's: what a sample's distance is held against. */
export type RealRow = {
  readonly repetition: number;
  readonly images: number;
  readonly distance: number;
  readonly ssim: number;
};

/** One row for each repetition. */
export const reals = new Series<RealRow>('real-images');

/** How far the global models of the open and the secure federation of one case are apart. */
export type DifferenceRow = {
  readonly participants: number;
  readonly thetaUpload: number;
  readonly repetition: number;
  readonly round: number;
  /** L2 norm of the difference over that of the open one's parameters. */
  readonly relative: number;
  /** Greatest difference of a parameter. */
  readonly greatest: number;
};

/** One row for each look. */
export const differences = new Series<DifferenceRow>('plain-secure');
