import { groupBy } from '../../laboratory/group-by.ts';
import type { Section } from '../../laboratory/experiment.ts';
import type { Block, Line, Point } from '../../report/blocks.ts';
import { drawable, percent, spread } from '../../report/lines.ts';
import { ACCURACY } from '../common/accuracy.ts';
import { reported } from './paper.ts';
import { aloneOf, centralisedOf, finalRows, type SharingResults } from './results.ts';
import { accuracySeries, type AccuracyRow } from './series.ts';

/** Mean and range over the participants that train alone, epoch by epoch. */
function alonePoints(rows: readonly AccuracyRow[]): Point[] {
  const alone = rows.filter(({ kind }) => kind === 'alone');
  return [...groupBy(alone, ({ epoch }) => String(epoch)).values()].map((same) => ({
    x: same[0]!.epoch,
    ...spread(same.map(({ accuracy }) => percent(accuracy))),
  }));
}

/** Nothing where no training has been looked at yet. */
function overEpochs(results: SharingResults, participants: number): Block[] {
  const { settings } = results;
  const rows = results.rows(accuracySeries);
  const pointsOf = (wanted: (row: AccuracyRow) => boolean): Point[] =>
    rows.filter(wanted).map(({ epoch, accuracy }) => ({ x: epoch, y: percent(accuracy) }));
  const lines = drawable([
    ...settings.thetaUpload.map((theta) => ({
      label: `θ_u ${theta}`,
      points: pointsOf((row) => row.participants === participants && row.thetaUpload === theta && row.epsilon === null),
    })),
    { label: 'centralised', points: pointsOf(({ kind }) => kind === 'centralised') },
    { label: 'alone', points: alonePoints(rows) },
  ]);
  if (lines.length === 0) return [];
  const lowest = Math.min(...lines.map(({ points }) => points[points.length - 1]!.y));
  const chart: Block = {
    kind: 'chart',
    caption: `${participants} participants. Look for how far each θ_u lies above training alone, and how near it comes to having all images in one place. An epoch is one pass over one’s own images: ${settings.images} for each participant, 60 000 for the centralised training.`,
    x: { label: 'epoch' },
    // From the tens below the lowest end: the first epochs would else press all ends together.
    y: { ...ACCURACY, domain: [10 * Math.floor(lowest / 10), 100] },
    lines,
    levels: reported(settings),
    data: [accuracySeries.name],
  };
  return [chart];
}

function overParticipants(results: SharingResults): Block {
  const { settings } = results;
  const final = finalRows(results).filter(({ kind, epsilon }) => kind === 'shared' && epsilon === null);
  const across = (label: string, accuracy: number | undefined): Line[] =>
    accuracy === undefined ? [] : [{ label, points: settings.participants.map((x) => ({ x, y: percent(accuracy) })) }];
  return {
    kind: 'chart',
    caption:
      'Each participant adds images that the others do not have. Look for whether the shared model gets better with N, and for which θ_u. The baselines do not depend on N.',
    x: { label: 'participants N' },
    y: ACCURACY,
    lines: [
      ...drawable(
        settings.thetaUpload.map((theta) => ({
          label: `θ_u ${theta}`,
          points: final
            .filter(({ thetaUpload }) => thetaUpload === theta)
            .map((row) => ({ x: row.participants!, y: percent(row.accuracy) })),
        })),
      ),
      ...across('centralised', centralisedOf(results)?.accuracy),
      ...across('alone', aloneOf(results)?.mean),
    ],
    levels: reported(settings),
    data: [accuracySeries.name],
  };
}

function table(results: SharingResults): Block {
  return {
    kind: 'table',
    caption:
      'Every training at its last look at the test set. Uploaded: parameters of one upload; where a rule found fewer candidates than θ_u allows, it is less.',
    columns: [
      { key: 'training', label: 'training' },
      { key: 'participants', label: 'N' },
      { key: 'thetaUpload', label: 'θ_u' },
      { key: 'epsilon', label: 'ε per parameter' },
      { key: 'epoch', label: 'epochs' },
      { key: 'accuracy', label: 'accuracy', digits: 2, percent: true },
      { key: 'loss', label: 'loss', digits: 4 },
      { key: 'uploaded', label: 'uploaded', digits: 0 },
      { key: 'diverged', label: 'diverged' },
    ],
    rows: finalRows(results),
    data: [accuracySeries.name],
  };
}

/** Accuracy over epochs and over the number of participants. */
export function accuracySections(results: SharingResults): Section[] {
  if (results.rows(accuracySeries).length === 0) return [];
  const { participants, thetaUpload } = results.settings;
  const epochs = participants.flatMap((n) => overEpochs(results, n));
  const several = participants.length > 1 && thetaUpload.length > 0;
  return [
    ...(epochs.length > 0 ? [{ title: 'Accuracy over epochs', blocks: epochs }] : []),
    ...(several ? [{ title: 'Accuracy over participants', blocks: [overParticipants(results)] }] : []),
    { title: 'All trainings', blocks: [table(results)] },
  ];
}
