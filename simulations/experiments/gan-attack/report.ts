import type { Section } from '../../laboratory/experiment.ts';
import type { Results } from '../../laboratory/results.ts';
import type { Block, Line } from '../../report/blocks.ts';
import { gridName } from './grid.ts';
import { classifiers, differences, type LookRow, looks, reals } from './series.ts';
import type { GanAttackSettings } from './settings.ts';
import { attacked, type Outcome, outcomes, roundings } from './summary.ts';
import { userSections } from './report-user.ts';
import { METHOD, SECURE } from './words.ts';

type Found = Results<GanAttackSettings>;

// More grids of one federation than this say nothing more.
const GRIDS = 6;

const set = (n: number, theta: number): string => `${n} participants, θ_u ${theta}`;

/** What sets a federation apart from the others with the same set-up. */
function kindOf({
  victim,
  noise,
  epsilon,
  aggregation,
}: Pick<LookRow, 'victim' | 'noise' | 'epsilon' | 'aggregation'>): string {
  if (!victim) return 'control: nobody holds the class';
  if (epsilon !== null) return `${aggregation}, users' ε ${epsilon}`;
  return `${aggregation}${noise === null ? '' : `, noise ε/c ${noise}`}`;
}

function groups<T>(rows: readonly T[], keyOf: (row: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const row of rows) found.set(keyOf(row), [...(found.get(keyOf(row)) ?? []), row]);
  return found;
}

/** One line for each kind of federation: the mean over seeds at each round, with the least and the greatest. */
function lines(rows: readonly LookRow[], of: (row: LookRow) => number | null): Line[] {
  return [...groups(rows, kindOf)].map(([label, each]) => ({
    label,
    points: [...groups(each, ({ round }) => String(round)).values()].flatMap((same) => {
      const values = same.map(of).filter((value) => value !== null);
      if (values.length === 0) return [];
      const y = values.reduce((a, b) => a + b, 0) / values.length;
      const spread = values.length === 1 ? {} : { low: Math.min(...values), high: Math.max(...values) };
      return [{ x: same[0].round, y, ...spread }];
    }),
  }));
}

function curves(rows: readonly LookRow[], target: number): Block[] {
  const x = { label: 'round' };
  const y = { label: 'share', domain: [0, 1] as const };
  return [
    {
      kind: 'chart',
      caption: `Share of the generator's samples that the independent classifier takes for a ${target}. The control shows what a generator reaches by chance, or by what the other classes have in common. Bands span the seeds.`,
      x,
      y,
      lines: lines(attacked(rows), ({ share }) => share),
      levels: [{ y: 0.1, label: 'one of ten' }],
      data: [looks.name],
    },
    {
      kind: 'chart',
      caption:
        'Accuracy of the global model on test images of the classes that somebody holds, while it is attacked. The control is attacked too, and its images leave the target out, so the distance between the two is not the cost of the attack: no federation here runs without one. Look for whether the model stays of use to the others, so that nobody sees a reason to stop.',
      x,
      y,
      lines: lines(rows, ({ accuracy }) => accuracy),
      data: [looks.name],
    },
  ];
}

function evenly<T>(all: readonly T[], count: number): T[] {
  if (all.length <= count) return [...all];
  return Array.from({ length: count }, (_, i) => all[Math.round((i * (all.length - 1)) / (count - 1))]);
}

/** The grids of the first seed of each kind, from the first to the last look. */
function grids(rows: readonly LookRow[], { images }: Found, target: number): Block[] {
  const known = new Set(images);
  const first = attacked(rows).filter((row) => known.has(gridName(row.federation, row.round)));
  return [...groups(first, kindOf)].map(([kind, each]) => {
    const one = each.filter(({ federation }) => federation === each[0].federation);
    return {
      kind: 'images',
      caption:
        `Samples (${kind}). ` +
        (one[0].victim
          ? `Look for a ${target} that becomes clearer, and for how alike the samples are: they show what the class has in common, a prototype, not anybody's image.`
          : `No image of a ${target} was there to learn from, so whatever appears here is what the attack looks like without a victim.`),
      images: evenly(one, GRIDS).map((row) => ({
        name: gridName(row.federation, row.round),
        label: `round ${row.round}, ${Math.round(100 * row.share)} % taken for ${target}`,
      })),
      data: [looks.name],
    };
  });
}

function outcomeTable(rows: readonly Outcome[], last: number): Block {
  return {
    kind: 'table',
    caption: `Outcomes: means over the last ${last} looks of each federation, then over seeds. Least and greatest are over seeds.`,
    columns: [
      { key: 'participants', label: 'participants' },
      { key: 'thetaUpload', label: 'θ_u' },
      { key: 'kind', label: 'federation' },
      { key: 'seeds', label: 'seeds' },
      { key: 'accuracy', label: 'global accuracy', percent: true },
      { key: 'share', label: 'taken for the class', percent: true },
      { key: 'shareLow', label: 'least', percent: true },
      { key: 'shareHigh', label: 'greatest', percent: true },
      { key: 'confidence', label: 'confidence', percent: true },
      { key: 'fooled', label: 'global model agrees', percent: true },
    ],
    rows: rows.map((row) => ({ ...row, kind: kindOf(row) })),
    data: [looks.name],
  };
}

function likenessTable(rows: readonly Outcome[], results: Found): Block {
  const real = results.rows(reals);
  const average = (of: (row: (typeof real)[number]) => number): number =>
    real.reduce((sum, row) => sum + of(row), 0) / Math.max(1, real.length);
  const unseen = {
    kind: 'for scale: real images that nobody trained on',
    distanceVictim: average(({ distance }) => distance),
    ssimVictim: average(({ ssim }) => ssim),
  };
  return {
    kind: 'table',
    caption:
      "How near samples come to the victim's images, and to as many images of the class that nobody trained on. Columns side by side that are equal, and about half of the samples nearer to the victim's images, mean a prototype of the class; records would show as a smaller distance to the victim's.",
    columns: [
      { key: 'participants', label: 'participants' },
      { key: 'thetaUpload', label: 'θ_u' },
      { key: 'kind', label: 'federation' },
      { key: 'distanceVictim', label: "distance to the victim's", digits: 2 },
      { key: 'distanceHeldOut', label: 'to held-out', digits: 2 },
      { key: 'ssimVictim', label: "SSIM to the victim's", digits: 3 },
      { key: 'ssimHeldOut', label: 'to held-out', digits: 3 },
      { key: 'nearerToVictim', label: "nearer to the victim's", percent: true },
    ],
    rows: [...rows.filter(({ victim }) => victim).map((row) => ({ ...row, kind: kindOf(row) })), unseen],
    data: [looks.name, reals.name],
  };
}

function secureBlocks(results: Found): Block[] {
  const rows = results.rows(differences);
  const rounding = roundings(results.rows(looks));
  const words: Block[] = [{ kind: 'text', text: SECURE }];
  if (rounding !== null)
    words.push({
      kind: 'facts',
      caption: 'One and the same set of uploads, summed through the sessions and in the open.',
      facts: [
        ['rounds in which both sums were computed', rounding.rounds],
        ['greatest difference of a coordinate', rounding.greatest.toExponential(2)],
        ['its bound, a step of quantization for each member', rounding.bound.toExponential(2)],
      ],
    });
  if (rows.length === 0) return words;
  const all = groups(rows, (row) => `${set(row.participants, row.thetaUpload)}, seed ${row.repetition}`);
  return [
    ...words,
    {
      kind: 'chart',
      caption:
        'How far the global model of the federation with secure aggregation is from that of the open one, as a share of its norm. Both start alike and draw the same batches. Rounding is all that secure aggregation adds, but training magnifies it from round to round as it does any small change, so the two go their own ways to the same outcome, as two seeds would.',
      x: { label: 'round' },
      y: { label: 'relative difference', scale: rows.every(({ relative }) => relative > 0) ? 'log' : 'linear' },
      lines: [...all].map(([label, each]) => ({
        label,
        points: each.map(({ round, relative }) => ({ x: round, y: relative })),
      })),
      data: [differences.name],
    },
  ];
}

/** What `report.html` shows. */
export function report(results: Found): Section[] {
  const { target } = results.settings;
  const found = outcomes(results);
  const accuracy = results.rows(classifiers).at(0)?.accuracy;
  const head: Block[] = [
    { kind: 'text', text: METHOD },
    {
      kind: 'facts',
      facts: [
        ['class that the adversary is after', target],
        ["independent classifier's accuracy on MNIST's test images", accuracy ?? null],
      ],
    },
  ];
  const setUps = groups(results.rows(looks), (row) => set(row.participants, row.thetaUpload));
  return [
    { title: 'The attack', blocks: found.length === 0 ? head : [...head, outcomeTable(found, 5)] },
    ...[...setUps].map(([title, rows]) => ({
      title,
      blocks: [...curves(rows, target), ...grids(rows, results, target)],
    })),
    ...(found.length === 0 ? [] : [{ title: 'A prototype or a record?', blocks: [likenessTable(found, results)] }]),
    ...userSections(results.settings, found),
    { title: 'Secure aggregation', blocks: secureBlocks(results) },
  ];
}
