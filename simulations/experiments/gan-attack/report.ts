import type { Block, Line, Section } from '../../report/blocks.ts';
import { groupBy } from '../../laboratory/rows.ts';
import { mean, significant } from '../../laboratory/statistics.ts';
import { spread } from '../common/charts.ts';
import {
  attacked,
  classifiers,
  differences,
  type GanAttackResults,
  gridName,
  kindOf,
  LAST_LOOKS,
  type LookRow,
  looks,
  type Outcome,
  outcomes,
  reals,
  roundings,
  setUpOf,
} from './results.ts';
import { type GanAttackSettings, type Participants, userNoise } from './settings.ts';

/** What is run, and where it differs from the paper. */
const METHOD = `Hitaj, Ateniese and Pérez-Cruz (CCS 2017): the adversary is an ordinary participant. It takes the global model as the discriminator of a GAN, trains a generator until the model classifies its samples as a class that only another participant holds, labels these samples as a separate class, trains its local model on them and uploads the change like every other participant. The victim then has to sharpen what distinguishes its class from the samples, and reveals more to the generator in the next round.

The shared model is the paper's network (two convolutions, 256-200-11) with rectifiers, the generator a DCGAN. With 2 participants the victim holds 0 to 4 and the adversary 5 to 9; with 11, ten hold one class each and the adversary has only its samples. In a round all train from the same global model for a few batches and the sum of their changes is added, so that rounds are the same in the open and under secure aggregation; in the paper participants take turns. Rounds are shorter than the paper's and the generator sees its discriminator through small shifts and noise, with a reward for smooth and for various samples, all of which an adversary can do alone.

In the control no participant holds the class: the victim of two keeps its other four classes, and of the ten the one that holds it stays away. Its output stays in the model, so the adversary still attacks it. The independent classifier is a network of a different shape, trained with noise on images that no participant has.`;

/** Why secure aggregation changes nothing here. */
const SECURE = `Secure aggregation does not stop this attack, and is not meant to: it hides the members' updates from each other and from the server, but the adversary uses none of them. It needs the global model, which every participant is given, and the right to upload. It even hides the poisoner: the server cannot inspect the adversary's update separately. What secure aggregation stops is a curious server that inspects one participant's update; with 2 participants it does not even stop the other participant, which can subtract its own.

What limits such an insider is user-level differential privacy with many users, since then no single participant's class shapes the model, and checks of uploads. Noise on each parameter does not: the paper reports that the attack works at ε/c of 100 and 10, and that at 0.01, where it fails, the shared model fails too. \`--noise 100,10,0.01\` runs these levels here, each as an additional federation, and \`--dp user --epsilon 8\` adds user-level differential privacy.`;

/** The final state of every set-up. */
function outcomeTable(rows: readonly Outcome[], last: number): Block {
  return {
    kind: 'table',
    caption: `Outcomes: means over the last ${last} evaluations of each federation, then over seeds. Minimum and maximum are over seeds.`,
    columns: [
      { key: 'participants', label: 'participants' },
      { key: 'thetaUpload', label: 'θ_u' },
      { key: 'kind', label: 'federation' },
      { key: 'seeds', label: 'seeds' },
      { key: 'accuracy', label: 'global accuracy', percent: true },
      { key: 'share', label: 'classified as the class', percent: true },
      { key: 'shareLow', label: 'min', percent: true },
      { key: 'shareHigh', label: 'max', percent: true },
      { key: 'confidence', label: 'confidence', percent: true },
      { key: 'fooled', label: 'global model agrees', percent: true },
    ],
    rows: rows.map((row) => ({ ...row, kind: kindOf(row) })),
    data: [looks.name],
  };
}

/** Similarity of samples to real images. */
function likenessTable(rows: readonly Outcome[], results: GanAttackResults): Block {
  const real = results.rows(reals);
  const unseen = {
    kind: 'for scale: held-out real images',
    distanceVictim: mean(real.map(({ distance }) => distance)),
    ssimVictim: mean(real.map(({ ssim }) => ssim)),
  };
  return {
    kind: 'table',
    caption:
      "Similarity of samples to the victim's images, and to as many held-out images of the class. Equal adjacent columns, and about half of the samples nearer to the victim's images, mean a prototype of the class; records would show as a smaller distance to the victim's.",
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

/** One line for each kind of federation: the mean over seeds at each round, with the minimum and the maximum. */
function lines(rows: readonly LookRow[], of: (row: LookRow) => number | null): Line[] {
  return [...groupBy(rows, kindOf)].map(([label, each]) => ({
    label,
    points: [...groupBy(each, ({ round }) => String(round)).values()].flatMap((same) => {
      const values = same.map(of).filter((value) => value !== null);
      if (values.length === 0) return [];
      return [{ x: same[0]!.round, ...spread(values) }];
    }),
  }));
}

/** The attack and the model, round by round. */
function curves(rows: readonly LookRow[], target: number): Block[] {
  const x = { label: 'round' };
  const y = { label: 'share', domain: [0, 1] as const };
  return [
    {
      kind: 'chart',
      caption: `Share of the generator's samples that the independent classifier classifies as a ${target}. The control shows what a generator reaches by chance, or by what the other classes have in common. Bands span the seeds.`,
      x,
      y,
      lines: lines(attacked(rows), ({ share }) => share),
      levels: [{ y: 0.1, label: 'one of ten' }],
      data: [looks.name],
    },
    {
      kind: 'chart',
      caption:
        'Accuracy of the global model under attack, on test images of the classes that a participant holds. The control is attacked too, and its images leave the target out, so the distance between the two is not the cost of the attack: no federation here runs without one. Check whether the model stays useful to the others, so that no participant sees a reason to stop.',
      x,
      y,
      lines: lines(rows, ({ accuracy }) => accuracy),
      data: [looks.name],
    },
  ];
}

// More grids of one federation than this add nothing.
const GRIDS = 6;

function evenly<T>(all: readonly T[], count: number): T[] {
  if (all.length <= count) return [...all];
  return Array.from({ length: count }, (_, i) => all[Math.round((i * (all.length - 1)) / (count - 1))]!);
}

/** The grids of the first seed of each kind, from the first to the last evaluation. */
function grids(rows: readonly LookRow[], { images }: GanAttackResults, target: number): Block[] {
  const known = new Set(images);
  const first = attacked(rows).filter((row) => known.has(gridName(row.federation, row.round)));
  return [...groupBy(first, kindOf)].map(([kind, each]) => {
    const one = each.filter(({ federation }) => federation === each[0]!.federation);
    return {
      kind: 'images',
      caption:
        `Samples (${kind}). ` +
        (one[0]!.victim
          ? `Look for a ${target} that becomes clearer, and for how alike the samples are: they show what the class has in common, a prototype, not any participant's image.`
          : `No image of a ${target} was there to learn from, so this is what the attack looks like without a victim.`),
      images: evenly(one, GRIDS).map((row) => ({
        name: gridName(row.federation, row.round),
        label: `round ${row.round}, ${Math.round(100 * row.share)} % classified as ${target}`,
      })),
      data: [looks.name],
    };
  });
}

/** What secure aggregation changes: rounding. */
function secureBlocks(results: GanAttackResults): Block[] {
  const rows = results.rows(differences);
  const rounding = roundings(results.rows(looks));
  const words: Block[] = [{ kind: 'text', text: SECURE }];
  if (rounding !== null)
    words.push({
      kind: 'facts',
      caption: 'The same set of uploads, summed through the sessions and in the open.',
      facts: [
        ['rounds in which both sums were computed', rounding.rounds],
        ['maximum difference of a coordinate', rounding.greatest.toExponential(2)],
        ['its bound, one quantization step per member', rounding.bound.toExponential(2)],
      ],
    });
  if (rows.length === 0) return words;
  const all = groupBy(rows, (row) => `${setUpOf(row)}, seed ${row.repetition}`);
  return [
    ...words,
    {
      kind: 'chart',
      caption:
        'How far the global model of the federation with secure aggregation is from that of the open one, as a share of its norm. Both start alike and draw the same batches. Secure aggregation only adds rounding, but training magnifies it from round to round like any small change, so the two take different paths to the same outcome, as two seeds would.',
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

const USER_PRIVACY = `Every member adds a share of discrete Gaussian noise to what it uploads, clipped to a maximum norm, so that the sums of all rounds keep a budget ε for everything that a member sends. The noise is sized for all members but one, since the adversary knows its own share.

Whether user-level differential privacy stops this attack before it ruins the model cannot be shown with 2 or 11 participants: the attacked class has one holder, the model learns it only from this member's uploads, and user-level privacy promises exactly that one member's uploads leave no trace. Along the axis one can expect both to begin at an ε that promises nothing to any member, the model no later than the attack on it. With many holders of a class the sum of their uploads grows with their number and the noise of the same ε does not: then the model learns what they have in common, and what is left to draw belongs to no member in particular. privacy-utility shows the half of it that needs no adversary: what the model loses with few and many members.`;

/** A rounded number of members, since it is not known more precisely. */
const rounded = (members: number): number => significant(members, 2);

/** The effect of user-level differential privacy on model and attack; empty if it was not requested. */
function userSections(settings: GanAttackSettings, outcomes: readonly Outcome[]): Section[] {
  const { delta, rounds, userClip } = settings;
  const found = outcomes.filter(({ epsilon }) => epsilon !== null);
  const sizes = [...new Set(found.map(({ participants }) => participants))] as Participants[];
  return sizes.map((participants): Section => {
    const mine = found.filter((row) => row.participants === participants);
    const line = (label: string, of: (row: Outcome) => number): Line => ({
      label,
      points: mine.map((row) => ({ x: row.epsilon!, y: of(row) })),
    });
    const least = userNoise(participants, { epsilon: Math.max(...settings.epsilon), delta, rounds }).noiseMultiplier;
    return {
      title: `User-level differential privacy, ${participants} participants`,
      blocks: [
        { kind: 'text', text: USER_PRIVACY },
        {
          kind: 'chart',
          caption: `${participants} participants, ${rounds} rounds, δ ${delta}. Look for the smallest ε at which the global model is better than chance: below it there is nothing to attack. Uploads are clipped to norm ${userClip} here and hardly ever in the federation without noise, which changes how fast the model learns: compare the right end of the axis, not the open federation, with the left.`,
          x: { label: 'ε of all rounds', scale: 'log' },
          y: { label: 'share', domain: [0, 1] },
          lines: [
            line('global accuracy', ({ accuracy }) => accuracy),
            line('classified as the class', ({ share }) => share),
          ],
          data: [looks.name],
        },
        {
          kind: 'table',
          caption: `The same as figures. The last column is computed, not run: how many participants would reduce the noise of an ε, divided by their number, to its value here for the largest ε.`,
          columns: [
            { key: 'epsilon', label: 'ε' },
            { key: 'noiseMultiplier', label: 'noise multiplier', digits: 4 },
            { key: 'accuracy', label: 'global accuracy', percent: true },
            { key: 'share', label: 'classified as the class', percent: true },
            { key: 'needed', label: 'participants for as little noise' },
          ],
          rows: mine.map(({ epsilon, accuracy, share }) => {
            const { noiseMultiplier } = userNoise(participants, { epsilon: epsilon!, delta, rounds });
            const needed = rounded((participants * noiseMultiplier) / least);
            return { epsilon, noiseMultiplier, accuracy, share, needed };
          }),
          data: [looks.name],
        },
      ],
    };
  });
}

/** What `report.html` shows. */
export function report(results: GanAttackResults): Section[] {
  const { target } = results.settings;
  const found = outcomes(results);
  const accuracy = results.rows(classifiers).at(0)?.accuracy;
  const head: Block[] = [
    { kind: 'text', text: METHOD },
    {
      kind: 'facts',
      facts: [
        ['class that the adversary targets', target],
        ["independent classifier's accuracy on MNIST's test images", accuracy ?? null],
      ],
    },
  ];
  const setUps = groupBy(results.rows(looks), setUpOf);
  return [
    { title: 'The attack', blocks: found.length === 0 ? head : [...head, outcomeTable(found, LAST_LOOKS)] },
    ...[...setUps].map(([title, rows]) => ({
      title,
      blocks: [...curves(rows, target), ...grids(rows, results, target)],
    })),
    ...(found.length === 0 ? [] : [{ title: 'A prototype or a record?', blocks: [likenessTable(found, results)] }]),
    ...userSections(results.settings, found),
    { title: 'Secure aggregation', blocks: secureBlocks(results) },
  ];
}
