import { LINE_HEIGHT } from './measure.ts';

/** A label moved further than this no longer belongs to its line at a glance. */
const FURTHEST = 14;

/**
 * Moves labels at the ends of lines apart until none overlaps another: given the wished heights in pixels, returns the
 * heights in the same order, or undefined where one would have to move too far or leave the chart.
 */
export function spread(wished: readonly number[], top: number, bottom: number): number[] | undefined {
  const order = wished.map((_, index) => index).sort((a, b) => wished[a]! - wished[b]! || a - b);
  const placed = [...wished];
  // Groups that touch move together, with their middle where their wishes are in the middle.
  const groups: { members: number[]; centre: number }[] = [];
  for (const index of order) {
    let group = { members: [index], centre: wished[index]! };
    for (let before = groups.at(-1); before !== undefined; before = groups.at(-1)) {
      const room = ((before.members.length + group.members.length) / 2) * LINE_HEIGHT;
      if (group.centre - before.centre >= room) break;
      groups.pop();
      const members = [...before.members, ...group.members];
      group = { members, centre: members.reduce((sum, member) => sum + wished[member]!, 0) / members.length };
    }
    groups.push(group);
  }
  for (const { members, centre } of groups) {
    members.forEach((member, place) => (placed[member] = centre + (place - (members.length - 1) / 2) * LINE_HEIGHT));
  }
  const fits = placed.every((y, index) => Math.abs(y - wished[index]!) <= FURTHEST && y >= top && y <= bottom);
  return fits ? placed : undefined;
}
