import { Series } from '../../laboratory/rows.ts';

/** How a training did after an epoch. */
export type AccuracyRow = {
  readonly training: string;
  readonly kind: 'centralised' | 'alone' | 'shared';
  /** N; null for baselines. */
  readonly participants: number | null;
  /** θ_u; null for baselines. */
  readonly thetaUpload: number | null;
  /** ε per uploaded parameter; null without noise. */
  readonly epsilon: number | null;
  readonly epoch: number;
  /** Of the test set, from 0 to 1. */
  readonly accuracy: number;
  /** In nats; null where it is not finite. */
  readonly loss: number | null;
  /** Parameters of an upload, on average; null for baselines. */
  readonly uploaded: number | null;
  /** How often since the row before a participant's training diverged; null for baselines. */
  readonly diverged: number | null;
};

/** Every score of every training, in the order of the trainings. */
export const accuracySeries = new Series<AccuracyRow>('accuracy');

/** How many coordinates of a sum came from how many participants. */
export type OverlapRow = {
  /** `first`: from first parameters; `last`: from those of a trained model. */
  readonly round: 'first' | 'last';
  readonly selection: 'largest' | 'random';
  readonly participants: number;
  readonly thetaUpload: number;
  /** Coordinates that each participant uploads, on average. */
  readonly uploaded: number;
  /** Coordinates that somebody uploaded. */
  readonly touched: number;
  /** Of these, coordinates that one participant alone uploaded, so that the sum is its value. */
  readonly one: number;
  readonly two: number;
  readonly threeToNine: number;
  readonly tenOrMore: number;
  /** Of a participant's uploaded values, the share that the sum reveals; 0 where nobody uploaded any. */
  readonly revealedShare: number;
};

/** Who touched what, over θ_u, N and selection. */
export const overlapSeries = new Series<OverlapRow>('overlap');

/** One round of sparse updates through the sessions of secure aggregation. */
export type SecureRow = {
  readonly participants: number;
  readonly thetaUpload: number;
  /** Coordinates that one participant alone uploaded. */
  readonly revealed: number;
  /** Of these, coordinates whose sum was that participant's value, to within the rounding of the round. */
  readonly confirmed: number;
  /** Greatest difference between such a value and the sum. */
  readonly maxError: number;
  /** What rounding can change: a step of the quantization for each member. */
  readonly allowedError: number;
  /** Bytes that a participant sends: sparse in the open, 4 for an index and 4 for a value. */
  readonly sparseBytes: number;
  /** The same, dense and masked, all states of the round. */
  readonly secureBytes: number;
};

/** What the real sessions said. */
export const secureSeries = new Series<SecureRow>('secure-round');
