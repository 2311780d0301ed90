import type { Section } from '../../laboratory/experiment.ts';
import type { Line } from '../../report/blocks.ts';
import { drawable, percent } from '../../report/lines.ts';
import { ACCURACY } from '../common/accuracy.ts';
import { aloneOf, finalRows, lossOf, type SharingResults } from './results.ts';
import { accuracySeries } from './series.ts';

const CRITIQUE = [
  'Noise by the sparse vector technique: a parameter is uploaded where its size with noise reaches τ with noise, and then with noise of its own. The paper’s figure counts ε for each uploaded parameter. A participant uploads θ_u·|w| of them in an epoch, and its data stand behind all of them, so that by composition their ε add up, over parameters and over epochs.',
  'The table shows both. An ε of 1 on the axis of the figure is, in an epoch, as many as parameters may be uploaded: where these are thousands, far beyond any ε that promises a participant something. This is the known critique of these figures, and it holds for ours. The noise comes from a seeded generator in floating point: it measures what noise costs, it protects nobody.',
].join('\n\n');

/** Accuracy over ε, and what ε adds up to. */
export function privacySections(results: SharingResults): Section[] {
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
          caption: `θ_u ${settings.privateThetaUpload}. Hold the curves against training alone: where one lies below it, sharing with noise is worth less than not sharing at all. The axis is ε for each parameter that is uploaded.`,
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
