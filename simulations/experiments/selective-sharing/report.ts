import type { Block, Level, Line, Point, Section } from '../../report/blocks.ts';
import { groupBy } from '../../laboratory/rows.ts';
import { ACCURACY, drawable, percent, spread } from '../common/charts.ts';
import { exposureSections } from './report-exposure.ts';
import {
  type AccuracyRow,
  accuracySeries,
  aloneOf,
  centralisedOf,
  finalRows,
  lossOf,
  type SharingResults,
} from './results.ts';
import type { SelectiveSharingSettings } from './settings.ts';

/** Accuracies that Shokri and Shmatikov report for the CNN on MNIST, in per cent. */
const REPORTED: readonly Level[] = [
  { y: 99.17, label: 'paper, centralised' },
  { y: 99.14, label: 'paper, θ_u 0.1' },
  { y: 98.71, label: 'paper, θ_u 0.01' },
  { y: 93.16, label: 'paper, alone' },
];

/** What the paper reports for the network of these settings; empty for the MLP, for which it only gives curves. */
function reported({ model }: SelectiveSharingSettings): readonly Level[] {
  return model === 'cnn' ? REPORTED : [];
}

/** Mean and range over the participants that train alone, epoch by epoch. */
function alonePoints(rows: readonly AccuracyRow[]): Point[] {
  const alone = rows.filter(({ kind }) => kind === 'alone');
  return [...groupBy(alone, ({ epoch }) => String(epoch)).values()].map((same) => ({
    x: same[0]!.epoch,
    ...spread(same.map(({ accuracy }) => percent(accuracy))),
  }));
}

/** Empty if no training has been evaluated yet. */
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
    caption: `${participants} participants. Note how far each θ_u lies above training alone, and how close it comes to having all images in one place. An epoch is one pass over one’s own images: ${settings.images} for each participant, 60 000 for the centralised training.`,
    x: { label: 'epoch' },
    // From the multiple of ten below the lowest end: otherwise the first epochs would squeeze all ends together.
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
      'Each participant adds images that the others do not have. Note whether the shared model gets better with N, and for which θ_u. The baselines do not depend on N.',
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
      'Every training at its last evaluation. Uploaded: parameters of one upload; fewer than θ_u allows if a rule found fewer candidates.',
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
function accuracySections(results: SharingResults): Section[] {
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

const CRITIQUE = [
  'Noise by the sparse vector technique: a parameter is uploaded if its size with noise reaches τ with noise, and then with separate noise. The paper’s figure counts ε for each uploaded parameter. A participant uploads θ_u·|w| of them in an epoch, and its data affect all of them, so by composition their ε add up, over parameters and over epochs.',
  'The table shows both. An ε of 1 on the figure’s axis is multiplied, in an epoch, by the number of parameters that may be uploaded: with thousands of them, it is far beyond any ε that promises a participant anything. This is the known critique of these figures, and it holds for ours. The noise comes from a seeded generator in floating point: it measures what noise costs, but protects no participant.',
].join('\n\n');

/** Accuracy over ε, and the total ε. */
function privacySections(results: SharingResults): Section[] {
  const { settings } = results;
  const final = finalRows(results).filter(({ epsilon }) => epsilon !== null);
  if (final.length === 0) return [];
  const noisy = settings.privateParticipants.map((n): Line => ({
    label: `N = ${n}`,
    points: final
      .filter(({ participants }) => participants === n)
      .map(({ epsilon, accuracy }) => ({ x: epsilon!, y: percent(accuracy) })),
  }));
  const alone = aloneOf(results);
  const level: Line[] =
    alone === undefined
      ? []
      : [{ label: 'alone', points: settings.epsilon.map((x) => ({ x, y: percent(alone.mean) })) }];
  return [
    {
      title: 'Accuracy over ε',
      blocks: [
        { kind: 'text', text: CRITIQUE },
        {
          kind: 'chart',
          caption: `θ_u ${settings.privateThetaUpload}. Compare the curves with training alone: where one lies below it, sharing with noise is worth less than not sharing at all. The axis is ε for each parameter that is uploaded.`,
          x: { label: 'ε per uploaded parameter', scale: 'log' },
          y: ACCURACY,
          lines: drawable([...noisy, ...level]),
          data: [accuracySeries.name],
        },
        {
          kind: 'table',
          caption: `What each point costs a participant: ε for one parameter, for the upload of an epoch, and for all ${settings.epochs} epochs, by basic composition.`,
          columns: [
            { key: 'participants', label: 'N' },
            { key: 'perParameter', label: 'ε per parameter' },
            { key: 'perEpoch', label: 'ε per epoch', digits: 0 },
            { key: 'total', label: 'ε in all', digits: 0 },
            { key: 'accuracy', label: 'accuracy', digits: 2, percent: true },
            { key: 'diverged', label: 'diverged' },
          ],
          rows: final.map(({ participants, epsilon, accuracy, diverged }) => ({
            participants,
            ...lossOf(settings, epsilon!),
            accuracy,
            diverged,
          })),
          data: [accuracySeries.name],
        },
      ],
    },
  ];
}

const METHOD = [
  'Each participant holds its own images. On its turn it downloads the share θ_d of the parameters that were updated most often at the server, trains for one epoch, and uploads the share θ_u of the changes, each bounded to [−γ, γ]; the server adds them.',
  'The accuracy of a shared training is that of the global parameters on the 10 000 test images of MNIST: those that every participant has once it downloads everything. All trainings of a run begin with the same parameters, and participant i holds the same images whatever N is.',
  'As in the paper: the networks, their sizes, the images of a participant, the sharing, SGD without momentum. Unlike the paper: a larger learning rate and steps of several images, as in the settings, so that a training takes minutes; rectifiers in both networks; pixels from 0 to 1, not standardised. Above 100 participants of 600 images, MNIST is dealt out a second time, so that some images have two holders.',
].join('\n\n');

/** What report.html shows. */
export function report(results: SharingResults): readonly Section[] {
  return [
    { title: 'What was done', blocks: [{ kind: 'text', text: METHOD }] },
    ...accuracySections(results),
    ...privacySections(results),
    ...exposureSections(results),
  ];
}
