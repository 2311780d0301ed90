import { courseOf, MIN_MINUTES, MAX_GROWTH } from './memory.ts';
import type { Options } from './options.ts';
import type { Findings } from './soak.ts';

/** Seconds within which a coordinator stops. */
const STOPS_WITHIN = 10;

/** Exit code of a command that was asked to stop, and did. */
const INTERRUPTED = 130;

const QUANTITIES = ['rss', 'heapUsed', 'external'] as const;

const listed = (counts: Readonly<Record<string, number>>): string => {
  const entries = Object.entries(counts).sort(([, a], [, b]) => b - a);
  return entries.length === 0 ? 'none' : entries.map(([code, times]) => `${code} ${times}`).join(', ');
};

/** The figures of a soak, for people. */
export function summary(findings: Findings): string {
  const { committed, abandoned, sums, drops, refusals, benched, crashes, samples, leftOver, stopped } = findings;
  const given = Object.values(abandoned).reduce((sum, times) => sum + times, 0);
  const courses = samples.length === 0 ? [] : QUANTITIES.map((name) => [name, courseOf(samples, name)] as const);
  return [
    `rounds: ${committed} committed, ${given} attempts abandoned (${listed(abandoned)})`,
    `sums: ${sums.exact} exact, ${sums.wrong} wrong, ${sums.undecided} undecided`,
    `dropped members, by reason: ${listed(drops)}`,
    `refusals, by code: ${listed(refusals)}`,
    `benched: ${benched}; processes of clients killed: ${crashes}`,
    ...courses.map(
      ([name, { least, median, most, slope }]) =>
        `${name} after collection, MiB: min ${least.toFixed(1)}, median ${median.toFixed(1)}, max ${most.toFixed(1)}, slope ${slope.toFixed(2)} a minute after the first third`,
    ),
    `connected when all had gone: ${leftOver}; stopped in ${stopped.seconds.toFixed(1)} s (${stopped.end})`,
  ].join('\n');
}

/** What of it is not as it should be. */
export function complaints(findings: Findings, { minutes }: Options): string[] {
  const { committed, sums, samples, leftOver, stopped, faults } = findings;
  const wrong = [...faults];
  if (committed === 0) wrong.push('no round has committed');
  if (sums.exact !== committed) wrong.push(`${committed - sums.exact} of ${committed} sums are not known to be exact`);
  if (leftOver !== 0) wrong.push(`${leftOver} members were still connected when all had gone`);
  if (stopped.seconds > STOPS_WITHIN) wrong.push(`the coordinator took ${stopped.seconds.toFixed(1)} s to stop`);
  if (stopped.end !== INTERRUPTED) wrong.push(`the coordinator ended with ${stopped.end}, not ${INTERRUPTED}`);
  if (minutes < MIN_MINUTES || samples.length === 0) return wrong;
  for (const name of ['rss', 'heapUsed'] as const) {
    const { slope } = courseOf(samples, name);
    if (slope > MAX_GROWTH[name]) wrong.push(`${name} grew by ${slope.toFixed(2)} MiB a minute`);
  }
  return wrong;
}
