import type { Block, Level, Line, Point, Section } from '../../report/blocks.ts';
import { ACCURACY, accuracyPoint, drawable, percent, sectionsOf } from '../common/charts.ts';
import { methodText } from './report-text.ts';
import { SCORES } from './series.ts';
import { type Outcome, outcomesOf, type UtilityResults } from './summary.ts';

const data = [SCORES.name];
const EPSILON = { label: 'ε of the whole training', scale: 'log' } as const;

function points(outcomes: readonly Outcome[]): Point[] {
  return outcomes
    .filter(({ epsilon }) => epsilon !== null)
    .map((outcome) => accuracyPoint(outcome.epsilon!, outcome))
    .sort((a, b) => a.x - b.x);
}

/** Accuracy over ε for the largest number of members, with the level of training without noise. */
function overEpsilon(outcomes: readonly Outcome[], members: number): Block[] {
  const of = outcomes.filter((outcome) => outcome.members === members);
  const lines = drawable(
    (['central', 'distributed'] as const).map((placement) => ({
      label: placement,
      points: points(of.filter((outcome) => outcome.placement === placement)),
    })),
  );
  if (lines.length === 0) return [];
  const levels = of
    .filter(({ placement }) => placement === 'none')
    .map(({ accuracy }): Level => ({ y: percent(accuracy), label: 'none' }));
  return [
    {
      kind: 'chart',
      caption: `${members} members. Accuracy grows with ε towards the level without noise. Distributed noise costs a little more than central noise of the same ε, which shows where noise is the limit, at small ε: it is sized for the minimum number of survivors, so a full cohort adds more of it than the ε needs. In exchange no member has to trust the coordinator with the sum. Where the curves are flat, their differences are chance.`,
      x: EPSILON,
      y: ACCURACY,
      lines,
      levels,
      data,
    },
  ];
}

/** Accuracy over ε for each number of members. */
function overMembers(outcomes: readonly Outcome[], members: readonly number[]): Block[] {
  if (members.length < 2) return [];
  const noisy = outcomes.some(({ placement }) => placement === 'distributed') ? 'distributed' : 'central';
  const lines = drawable(
    members.map((n) => ({
      label: `${n} members`,
      points: points(outcomes.filter((outcome) => outcome.members === n && outcome.placement === noisy)),
    })),
  );
  if (lines.length === 0) return [];
  return [
    {
      kind: 'chart',
      caption: `Noise that is ${noisy}, for fewer and more members. The noise of a sum depends on ε and not on how many are in it, so in the mean it shrinks as their number grows: this is why user-level differential privacy needs many users. With few members an ε that promises much leaves no useful model: compare the curves with the accuracy without noise in the last table, which hardly depends on their number.`,
      x: EPSILON,
      y: ACCURACY,
      lines,
      data,
    },
  ];
}

/** Accuracy round by round for the largest number of members, of the first repeat. */
function overRounds(results: UtilityResults, members: number): Block[] {
  const rows = results.rows(SCORES).filter((row) => row.members === members && row.repeat === 1);
  const noisy = rows.some(({ placement }) => placement === 'distributed') ? 'distributed' : 'central';
  const budgets = [...new Set(rows.map(({ epsilon }) => epsilon))].filter((epsilon) => epsilon !== null);
  // More than six lines cannot be distinguished: the ends and evenly spaced ones between them.
  const step = Math.max(1, Math.ceil(budgets.length / 4));
  const some = budgets.filter((_, i) => i % step === 0 || i === budgets.length - 1);
  const line = (label: string, epsilon: number | null, placement: string): Line => ({
    label,
    points: rows
      .filter((row) => row.placement === placement && row.epsilon === epsilon)
      .map(({ round, accuracy }) => ({ x: round, y: percent(accuracy) })),
  });
  const lines = drawable([line('none', null, 'none'), ...some.map((epsilon) => line(`ε ${epsilon}`, epsilon, noisy))]);
  if (lines.length === 0) return [];
  return [
    {
      kind: 'chart',
      caption: `${members} members, noise ${noisy}, round by round. A line that ends early is a training whose budget was spent. With little ε more rounds do not help: each has to make do with more noise.`,
      x: { label: 'round' },
      y: ACCURACY,
      lines,
      data,
    },
  ];
}

/** The clip round by round if it follows the updates. */
function clips(results: UtilityResults, members: number): Block[] {
  if (!results.settings.adaptiveClip) return [];
  const rows = results.rows(SCORES).filter((row) => row.members === members && row.repeat === 1);
  const ids = [...new Set(rows.map(({ training }) => training))].slice(0, 6);
  return [
    {
      kind: 'chart',
      caption: `The clip of each training. It approaches the norm below which ${percent(results.settings.quantile)} % of the updates stay, whatever its initial value; noise moves it little, since the share is that of a whole cohort.`,
      x: { label: 'round' },
      y: { label: 'clip' },
      lines: ids.map((id) => ({
        label: id,
        points: rows.filter(({ training }) => training === id).map(({ round, clip }) => ({ x: round, y: clip })),
      })),
      data,
    },
  ];
}

function table(results: UtilityResults, outcomes: readonly Outcome[]): Block {
  const { against } = results.settings;
  return {
    kind: 'table',
    caption: `The final state of every kind of training. ε spent is what its rounds cost against ${against === 'readers' ? 'readers of the models' : 'coordinator and members'}; ε inside is what they cost against parties that know which members took part, which only distributed noise bounds for the coordinator.`,
    columns: [
      { key: 'members', label: 'members' },
      { key: 'placement', label: 'noise' },
      { key: 'epsilon', label: 'ε' },
      { key: 'noiseMultiplier', label: 'noise multiplier', digits: 2 },
      { key: 'rounds', label: 'rounds' },
      { key: 'failed', label: 'without a sum' },
      { key: 'spent', label: 'ε spent', digits: 3 },
      { key: 'spentInside', label: 'ε inside', digits: 1 },
      { key: 'clip', label: 'clip', digits: 2 },
      { key: 'accuracy', label: 'accuracy', digits: 2, percent: true },
    ],
    rows: outcomes,
    data,
  };
}

/** What report.html shows. */
export function report(results: UtilityResults): readonly Section[] {
  const outcomes = outcomesOf(results);
  const method: Section = {
    title: 'What was done, and what is promised',
    blocks: [{ kind: 'text', text: methodText(results.settings) }],
  };
  if (outcomes.length === 0) return [method];
  const members = [...new Set(outcomes.map((outcome) => outcome.members))].sort((a, b) => a - b);
  const most = members[members.length - 1]!;
  const found = sectionsOf({
    'Accuracy over ε': overEpsilon(outcomes, most),
    'Many users are needed': overMembers(outcomes, members),
    'Round by round': [...overRounds(results, most), ...clips(results, most)],
    'All trainings': [table(results, outcomes)],
  });
  return [method, ...found];
}
