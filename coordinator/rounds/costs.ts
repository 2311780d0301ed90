import type { MemberCounts, RoundReport, StateCost, TimedState } from '../report.ts';
import type { Tally } from './tally.ts';

/** Groups run at the same time: their bytes add up, and the slowest one's time counts for all. */
const together = (a: StateCost, b: StateCost): StateCost => ({
  ms: Math.max(a.ms, b.ms),
  bytesUp: a.bytesUp + b.bytesUp,
  bytesDown: a.bytesDown + b.bytesDown,
});

function addCounts(a: MemberCounts, b: MemberCounts): MemberCounts {
  const { consistent = 0, ...sum } = a;
  return {
    invited: sum.invited + b.invited,
    advertised: sum.advertised + b.advertised,
    shared: sum.shared + b.shared,
    input: sum.input + b.input,
    unmasked: sum.unmasked + b.unmasked,
    ...(a.consistent === undefined && b.consistent === undefined
      ? {}
      : { consistent: consistent + (b.consistent ?? 0) }),
  };
}

/** The cost of an attempt's groups, in the form of its report; at least one group. */
export function costsOf(
  tallies: readonly Tally[],
): Pick<RoundReport, 'members' | 'states' | 'ms' | 'bytesUp' | 'bytesDown'> {
  const states: Partial<Record<TimedState, StateCost>> = {};
  for (const tally of tallies) {
    for (const [name, cost] of Object.entries(tally.states) as [TimedState, StateCost][]) {
      const known = states[name];
      states[name] = known === undefined ? cost : together(known, cost);
    }
  }
  return {
    members: tallies.map(({ members }) => members).reduce(addCounts),
    states,
    ...tallies.map(({ total }) => total).reduce(together),
  };
}
