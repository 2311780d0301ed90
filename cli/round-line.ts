import type { RoundReport } from '../coordinator/index.ts';
import { bytesText } from './bytes-text.ts';

type Drop = RoundReport['drops'][number];

const WORDS = {
  'before-input': 'does not count',
  'after-input': 'counts',
  'without-unmasking': 'counts, sent no shares',
} as const;

/** Losses that are normal in a round, and need no explanation. */
const EXPECTED: ReadonlySet<string> = new Set<Drop['reason']>(['member-left', 'deadline-missed', 'cohort-full']);

/** A lost member's effect on the sum, and the reason for the loss if it is an unusual one. */
const lossOf = ({ effect, reason }: Drop): string =>
  EXPECTED.has(reason) ? WORDS[effect] : `${reason}, ${WORDS[effect]}`;

const share = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(4));

/** Rounding error, relative to the update, from which on it is shown. */
const POOR = 0.05;

const percent = (part: number): string => `${Number((100 * part).toPrecision(2))} %`;

/**
 * One line about a round, in the protocol's terms: state counts, dropouts, bytes, time, masked means, test accuracy.
 */
export function roundLine(report: RoundReport, nameOf: (member: number) => string): string {
  const { members, drops } = report;
  const counts = [
    `advertised ${members.advertised}`,
    `shared ${members.shared}`,
    `input ${members.input}`,
    ...(members.consistent === undefined ? [] : [`consistent ${members.consistent}`]),
    `unmasked ${members.unmasked}`,
    ...groupsText(report),
  ].join(' · ');
  const dropped = drops.map((drop) => `${nameOf(drop.member)} at ${drop.state} (${lossOf(drop)})`).join(', ') || 'none';
  const cost = `up ${bytesText(report.bytesUp)}, down ${bytesText(report.bytesDown)}, ${Math.round(report.ms)} ms`;
  const head = `round ${report.round}${whichText(report)}`;
  if (report.outcome === 'measured') return `${head} | ${counts} | dropped: ${dropped} | ${cost} | scales measured`;
  if (report.outcome === 'abandoned')
    return `${head} abandoned [${report.code ?? 'internal'}]: ${report.message ?? ''} | ${counts} | dropped: ${dropped} | ${cost}`;
  const tested = report.evaluation === undefined ? '' : ` | test accuracy ${share(report.evaluation.accuracy)}`;
  const outcome = report.outcome === 'rolled-back' ? ` | rolled back: ${report.message ?? ''}` : '';
  return `${head} | ${counts} | dropped: ${dropped} | ${cost} | ${learned(report)}${tested}${outcome}`;
}

/** Which attempt it was, how often members had been asked to retrain, and how often the model had been moved. */
function whichText({ attempt, measures, repeat = 0, rebases = 0 }: RoundReport): string {
  const words = [
    ...(measures === true ? ['measuring'] : []),
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    ...(repeat > 0 ? [`retrained ${repeat}×`] : []),
    ...(rebases > 0 ? [`model moved ${rebases}×`] : []),
  ];
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

/** For a split cohort: how many of its groups have a sum that counts. */
function groupsText({ groups }: RoundReport): string[] {
  if (groups === undefined) return [];
  return [`groups ${groups.filter(({ code }) => code === undefined).length} of ${groups.length}`];
}

/** What the sum reveals besides the model; a noisy one has no metrics, but costs privacy. */
function learned({ loss, accuracy, examples, privacy, clipped, cut, rounding = 0 }: RoundReport): string {
  if (privacy === undefined) {
    const beyond = [
      ...((clipped ?? 0) > 0 ? [`${clipped} clipped`] : []),
      ...((cut ?? 0) > 0 ? [`${cut} cut`] : []),
      ...(rounding > POOR ? [`rounding ${percent(rounding)} of the update`] : []),
    ];
    const told = beyond.length === 0 ? '' : ` (${beyond.join(', ')})`;
    return `masked mean loss ${share(loss)} accuracy ${share(accuracy)} over ${Math.round(examples ?? 0)} examples${told}`;
  }
  const { spent, epsilon, delta, placement } = privacy;
  return `${placement} noise, ε ${spent.toPrecision(3)} of ${epsilon} (δ ${delta})`;
}
