import { lastOfEach } from '../../laboratory/group-by.ts';
import type { Results } from '../../laboratory/results.ts';
import type { Json, JsonObject } from '../../laboratory/rows.ts';
import { mean, significant } from '../../laboratory/statistics.ts';
import { buildNetwork } from '../../models/networks.ts';
import { privacyLoss, type PrivacyLoss } from './privacy.ts';
import { accuracySeries, type AccuracyRow, overlapSeries, secureSeries } from './series.ts';
import type { SelectiveSharingSettings } from './settings.ts';
import { countOf } from './update.ts';

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

/** What a training with noise costs each participant. */
export function lossOf(settings: SelectiveSharingSettings, epsilon: number): PrivacyLoss {
  const { privateThetaUpload, tau, gamma, epochs } = settings;
  const count = countOf(privateThetaUpload, parametersOf(settings));
  const loss = privacyLoss({ epsilon: epsilon * count, count, tau, gamma }, epochs);
  return { perParameter: digits(loss.perParameter), perEpoch: digits(loss.perEpoch), total: digits(loss.total) };
}

/** Mean and range of the last accuracies of those who train alone; undefined before the first is done. */
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

/** What summary.json holds. */
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
