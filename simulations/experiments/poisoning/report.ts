import type { Block, Line, Section } from '../../report/blocks.ts';
import { ACCURACY, accuracyPoint, drawable, percent, sectionsOf } from '../common/charts.ts';
import { predictedPoisoned } from './groups.ts';
import { methodText } from './report-text.ts';
import { PROOFS, SCORES } from './series.ts';
import type { ATTACKS } from './settings.ts';
import { type Outcome, outcomesOf, type PoisoningResults } from './summary.ts';

const data = [SCORES.name];
const ATTACKERS = { label: 'attacking members [%]' };
const WHOLE = { ...ACCURACY, domain: [0, 100] } as const;

/** Accuracy over the share of attackers under one attack; those without attackers belong to every attack. */
function lineOf(outcomes: readonly Outcome[], attack: string, defence: string): Line {
  const points = outcomes
    .filter((outcome) => outcome.defence === defence && (outcome.attack === attack || outcome.attackers === 0))
    .map((outcome) => accuracyPoint(percent(outcome.attackers), outcome))
    .sort((a, b) => a.x - b.x);
  return { label: defence, points };
}

const WORDS: Readonly<Record<(typeof ATTACKS)[number], string>> = {
  'sign-flip':
    'Updates reversed and boosted. A few members are enough to ruin the mean of all. Medians of groups hold as long as most groups are free of attackers, which needs smaller groups the more attackers there are; beyond that they are ruined too. Rollback keeps the previous model, and learns little while most cohorts have an attacker in them; what it tolerates in each round adds up. Together with a median it learns while the median holds, and keeps the model while it does not.',
  noise:
    'Noise far beyond the clip. In the mean of all it drowns what the others learnt; an affected group is far from the others in every coordinate, and is outvoted, trimmed or left out as long as such groups are few.',
  'label-flip':
    'Wrong labels within the clip. Such members pull no harder than others: as long as they are few, the mean of all outweighs them as well as any rule does. Groups do not help here, since what is learnt from wrong data is not an outlier.',
};

/** One chart for each attack: the mean, a median over increasing numbers of groups, and rollback. */
function overAttackers(results: PoisoningResults, outcomes: readonly Outcome[]): Block[] {
  const names = [...new Set(outcomes.filter(({ rule }) => rule === 'mean' || rule === 'median').map((o) => o.defence))];
  return results.settings.attacks.flatMap((attack): Block[] => {
    const lines = drawable(names.map((name) => lineOf(outcomes, attack, name)));
    if (!outcomes.some((outcome) => outcome.attack === attack)) return [];
    return [{ kind: 'chart', caption: `\`${attack}\`. ${WORDS[attack]}`, x: ATTACKERS, y: WHOLE, lines, data }];
  });
}

/** The rules side by side, on the smallest groups, under the first attack. */
function ofRules(results: PoisoningResults, outcomes: readonly Outcome[]): Block[] {
  const { attacks, groups } = results.settings;
  const most = Math.max(...groups);
  const names = [...new Set(outcomes.filter((o) => o.groups === most && !o.rollback).map((o) => o.defence))];
  const lines = drawable(['mean of all', ...names].map((name) => lineOf(outcomes, attacks[0]!, name)));
  if (names.length < 2) return [];
  return [
    {
      kind: 'chart',
      caption: `The rules side by side, over ${most} groups, under \`${attacks[0]}\`. While they hold, they differ little: what matters is how many groups have an attacker in them, not the rule. The norm filter uses all groups that look alike and loses least when nothing is wrong, but it ignores directions.`,
      x: ATTACKERS,
      y: WHOLE,
      lines,
      data,
    },
  ];
}

/** How many groups have an attacker in them: by the hypergeometric distribution, and as counted. */
function poisonedGroups(results: PoisoningResults, outcomes: readonly Outcome[]): Block[] {
  const { members, cohort, groups, attackers } = results.settings;
  if (groups.length === 0) return [];
  const most = Math.round(Math.max(...attackers) * members);
  const steps = Array.from({ length: most + 1 }, (_, i) => i).filter((i) => i % Math.ceil(most / 60 || 1) === 0);
  const expected = groups.map((count): Line => ({
    label: `${count} groups`,
    points: steps.map((marked) => ({
      x: percent(marked / members),
      y: percent(predictedPoisoned(members, { attackers: marked, cohort, groups: count })),
    })),
  }));
  const shares = [...new Set(outcomes.map((outcome) => outcome.attackers))];
  const counted = groups.flatMap((count) =>
    shares.flatMap((share) => {
      const one = outcomes.find((outcome) => outcome.groups === count && outcome.attackers === share);
      return one === undefined ? [] : [{ x: percent(share), y: percent(one.poisoned) }];
    }),
  );
  return [
    {
      kind: 'chart',
      caption: `Groups with an attacker in them, as expected of a random split of ${cohort} members (lines) and as counted (symbols without a line). A rule over groups is made for fewer than half. So the smaller the groups, the more attackers it withstands, and the fewer members are in each sum that the coordinator learns: that is the price.`,
      x: ATTACKERS,
      y: { label: 'groups with an attacker [%]', domain: [0, 100] },
      lines: [...expected, { label: 'as counted', style: 'dots', points: counted }],
      levels: [{ y: 50, label: 'half' }],
      data,
    },
  ];
}

/** Accuracy round by round, under the first attack by a medium share. */
function overRounds(results: PoisoningResults): Block[] {
  const { attacks, attackers, begin } = results.settings;
  const some = attackers.filter((share) => share > 0);
  if (some.length === 0) return [];
  const share = some[(some.length - 1) >> 1]!;
  const rows = results
    .rows(SCORES)
    .filter((row) => row.repeat === 1 && row.attack === attacks[0] && row.attackers === share);
  const names = [
    ...new Set(rows.filter(({ rule }) => rule === 'mean' || rule === 'median').map(({ defence }) => defence)),
  ];
  const lines = drawable(
    names.map((label) => ({
      label,
      points: rows
        .filter(({ defence }) => defence === label)
        .map(({ round, accuracy }) => ({ x: round, y: percent(accuracy) })),
    })),
  );
  return [
    {
      kind: 'chart',
      caption: `Round by round: \`${attacks[0]}\` by ${percent(share)} % of the members, from round ${begin} on.`,
      x: { label: 'round' },
      y: WHOLE,
      lines,
      data,
    },
  ];
}

function proof(results: PoisoningResults): Block[] {
  const rows = results.rows(PROOFS);
  if (rows.length === 0) return [];
  return [
    {
      kind: 'table',
      caption: `One round's words, including attackers', added in the open as in the trainings, and masked, added and opened by the production sessions: words of the sums, and how many of them differ.`,
      columns: [
        { key: 'groups', label: 'groups' },
        { key: 'members', label: 'members' },
        { key: 'attackers', label: 'attackers' },
        { key: 'words', label: 'words' },
        { key: 'different', label: 'different' },
      ],
      rows,
      data: [PROOFS.name],
    },
  ];
}

function table(outcomes: readonly Outcome[]): Block {
  return {
    kind: 'table',
    caption:
      'The final state of every kind of training. Poisoned are groups with an attacker in them, in attacked rounds; lost are rounds in which at least half of the groups are poisoned.',
    columns: [
      { key: 'attack', label: 'attack' },
      { key: 'attackers', label: 'attackers', percent: true, digits: 0 },
      { key: 'defence', label: 'defence' },
      { key: 'accuracy', label: 'accuracy', percent: true, digits: 1 },
      { key: 'poisoned', label: 'poisoned', percent: true, digits: 0 },
      { key: 'predicted', label: 'expected', percent: true, digits: 0 },
      { key: 'lost', label: 'lost' },
      { key: 'rolledBack', label: 'rolled back' },
      { key: 'failed', label: 'without a sum' },
    ],
    rows: outcomes,
    data,
  };
}

/** What report.html shows. */
export function report(results: PoisoningResults): readonly Section[] {
  const outcomes = outcomesOf(results);
  const some = outcomes.length > 0;
  return sectionsOf({
    'What was done': [{ kind: 'text', text: methodText(results.settings) }],
    'With and without': some ? overAttackers(results, outcomes) : [],
    'Which rule': some ? ofRules(results, outcomes) : [],
    'How many groups are poisoned': some ? poisonedGroups(results, outcomes) : [],
    'Round by round': overRounds(results),
    'In the open and through the sessions': proof(results),
    'All trainings': some ? [table(outcomes)] : [],
  });
}
