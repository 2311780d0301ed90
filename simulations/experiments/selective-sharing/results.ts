import { type Json, type JsonObject, lastOfEach, Series } from '../../laboratory/rows.ts';
import type { Results } from '../../laboratory/experiment.ts';
import { mean, significant } from '../../laboratory/statistics.ts';
import { buildNetwork } from '../../models/networks.ts';
import { countOf } from './selection.ts';
import type { SelectiveSharingSettings } from './settings.ts';
import { privacyLoss, type PrivacyLoss } from './sparse-vector.ts';

/** Scores of a training after an epoch. */
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
  /** Accuracy on the test set, from 0 to 1. */
  readonly accuracy: number;
  /** In nats; null if it is not finite. */
  readonly loss: number | null;
  /** Parameters of an upload, on average; null for baselines. */
  readonly uploaded: number | null;
  /** How often a participant's training diverged since the previous row; null for baselines. */
  readonly diverged: number | null;
};

/** Every score of every training, in the order of the trainings. */
export const accuracySeries = new Series<AccuracyRow>('accuracy');

/** Numbers of a sum's coordinates by their number of contributors. */
export type OverlapRow = {
  /** `first`: from the initial parameters; `last`: from those of a trained model. */
  readonly round: 'first' | 'last';
  readonly selection: 'largest' | 'random';
  readonly participants: number;
  readonly thetaUpload: number;
  /** Coordinates that each participant uploads, on average. */
  readonly uploaded: number;
  /** Coordinates that any participant uploaded. */
  readonly touched: number;
  /** Of these, coordinates that only one participant uploaded, so that the sum is its value. */
  readonly one: number;
  readonly two: number;
  readonly threeToNine: number;
  readonly tenOrMore: number;
  /** Of a participant's uploaded values, the share that the sum reveals; 0 if none was uploaded. */
  readonly revealedShare: number;
};

/** Coordinates by contributors, over θ_u, N and selection. */
export const overlapSeries = new Series<OverlapRow>('overlap');

/** One round of sparse updates through the sessions of secure aggregation. */
export type SecureRow = {
  readonly participants: number;
  readonly thetaUpload: number;
  /** Coordinates that only one participant uploaded. */
  readonly revealed: number;
  /** Of these, coordinates whose sum was that participant's value, to within the rounding of the round. */
  readonly confirmed: number;
  /** Maximum difference between such a value and the sum. */
  readonly maxError: number;
  /** Maximum effect of rounding: one quantization step per member. */
  readonly allowedError: number;
  /** Bytes that a participant sends: sparse in the open, 4 for an index and 4 for a value. */
  readonly sparseBytes: number;
  /** The same, dense and masked, all states of the round. */
  readonly secureBytes: number;
};

/** Results from the real sessions. */
export const secureSeries = new Series<SecureRow>('secure-round');

/** Results of this experiment. */
export type SharingResults = Results<SelectiveSharingSettings>;

/** A training's last score. */
export function finalRows(results: SharingResults): AccuracyRow[] {
  return lastOfEach(results.rows(accuracySeries), ({ training }) => training);
}

/** Number of parameters of the network that the settings name. */
function parametersOf({ model }: SelectiveSharingSettings): number {
  return buildNetwork('mnist', model).layout.size;
}

// Sums of quotients: the last digits are rounding.
const digits = (value: number): number => significant(value, 12);

/** The privacy cost of a training with noise for each participant. */
export function lossOf(settings: SelectiveSharingSettings, epsilon: number): PrivacyLoss {
  const { privateThetaUpload, tau, gamma, epochs } = settings;
  const count = countOf(privateThetaUpload, parametersOf(settings));
  const loss = privacyLoss({ epsilon: epsilon * count, count, tau, gamma }, epochs);
  return { perParameter: digits(loss.perParameter), perEpoch: digits(loss.perEpoch), total: digits(loss.total) };
}

/** Mean and range of the last accuracies of participants that train alone; undefined before the first is done. */
export function aloneOf(
  results: SharingResults,
): { readonly mean: number; readonly low: number; readonly high: number } | undefined {
  const accuracies = finalRows(results)
    .filter(({ kind }) => kind === 'alone')
    .map(({ accuracy }) => accuracy);
  if (accuracies.length === 0) return undefined;
  return { mean: mean(accuracies), low: Math.min(...accuracies), high: Math.max(...accuracies) };
}

/** The last score of the centralised baseline; undefined before there is one. */
export function centralisedOf(results: SharingResults): AccuracyRow | undefined {
  return finalRows(results).find(({ kind }) => kind === 'centralised');
}

/** The content of summary.json. */
export function summarise(results: SharingResults): JsonObject {
  const { settings } = results;
  const final = finalRows(results).filter(({ kind }) => kind === 'shared');
  const alone = aloneOf(results);
  const centralised = centralisedOf(results);
  const shared = (row: AccuracyRow): JsonObject => {
    const { participants, thetaUpload, epoch, accuracy } = row;
    return { participants, thetaUpload, epoch, accuracy };
  };
  return {
    parameters: parametersOf(settings),
    centralised: centralised === undefined ? null : { epoch: centralised.epoch, accuracy: centralised.accuracy },
    alone: alone ?? null,
    shared: final.filter(({ epsilon }) => epsilon === null).map(shared),
    private: final
      .filter(({ epsilon }) => epsilon !== null)
      .map((row): JsonObject => ({ ...shared(row), epsilon: { ...lossOf(settings, row.epsilon!) } })),
    overlap: results.rows(overlapSeries).map((row): Json => ({ ...row })),
    secureRound: results.rows(secureSeries).map((row): Json => ({ ...row }))[0] ?? null,
  };
}
