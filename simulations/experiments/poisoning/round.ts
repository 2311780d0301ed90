import { type Combined, combineGroups, createGroupRule, type GroupTerms, MIN_GROUPS } from '../../../learning/index.ts';
import { type DecodedSum, minModulusBits, openSum, type QuantizationScheme } from '../../../protocol/quantize/index.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/index.ts';
import { CairnError } from '../../../protocol/errors.ts';
import type { RandomSource } from '../../../protocol/crypto/index.ts';
import type { MemberId } from '../../../protocol/ids.ts';
import { runVirtualRound } from '../../engine/round.ts';
import { virtualSettings } from '../../engine/settings.ts';
import { plainSum } from '../../engine/sums.ts';
import type { PoisoningSettings } from './settings.ts';
import type { Defence } from './trainings.ts';

/** How members of a defence's groups quantize. */
export function schemeOf(
  { cohort, clip, inputBits, images }: PoisoningSettings,
  groups: number,
  dimension: number,
): QuantizationScheme {
  const maxCohort = Math.max(2, Math.ceil(cohort / groups));
  const modulusBits = Math.max(8, minModulusBits(inputBits, maxCohort));
  return { dimension, clip, inputBits, modulusBits, maxCohort, maxExamples: images, lossBound: 16 };
}

/** A defence's groups and rule; undefined for one sum of all. */
export function groupsOf({ trim, factor }: PoisoningSettings, { rule: name, groups }: Defence): GroupTerms | undefined {
  if (name === 'mean') return undefined;
  const rule = createGroupRule({
    rule: name,
    ...(name === 'trimmed-mean' ? { trim: Math.max(1, Math.floor(trim * groups)) } : {}),
    ...(name === 'norm-filter' ? { factor } : {}),
  });
  return { count: groups, minSums: Math.max(MIN_GROUPS, Math.floor(groups / 2) + 1, rule.dropped + 1), rule };
}

/** A group's sum, and how many are in it. */
export interface GroupSum {
  readonly words: Uint32Array;
  readonly count: number;
}

/**
 * The sum of a group's words: added in the open, or masked, added and opened by the production sessions. Undefined if
 * fewer than half of the group are in it.
 * @param inputs - words of the members that are in it, of a group of `size`
 */
export function sumOf(
  aggregation: PoisoningSettings['aggregation'],
  scheme: QuantizationScheme,
  inputs: ReadonlyMap<MemberId, Uint32Array>,
  size: number,
  random: RandomSource,
): GroupSum | undefined {
  const members = [...inputs.keys()].sort((a, b) => a - b);
  const count = members.length;
  if (count < Math.max(2, size / 2)) return undefined;
  const settings = virtualSettings(random, scheme);
  const inputOf = (member: MemberId): Uint32Array => inputs.get(member)!;
  if (aggregation === 'plain') return { words: plainSum(settings, members, inputOf), count };
  const { sum, error } = runVirtualRound({ primitives: nodePrimitives, random, settings, members, inputOf });
  if (sum === undefined) throw error ?? new CairnError('internal', 'a round without a sum or an error');
  return { words: sum, count };
}

/** The sums of all groups combined. @throws CairnError `groups-missing`, `data-empty` */
export function combined(
  groups: GroupTerms | undefined,
  scheme: QuantizationScheme,
  sums: readonly (GroupSum | undefined)[],
): Generator<unknown, Combined> {
  if (groups === undefined && sums[0] === undefined)
    throw new CairnError('groups-missing', 'fewer than half of the cohort are in its sum');
  const open = ({ words, count }: GroupSum): DecodedSum => openSum(scheme, words, count);
  return combineGroups(groups, sums, open, scheme);
}
