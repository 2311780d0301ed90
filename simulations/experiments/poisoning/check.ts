import { checkLooks, checkOnce, invalid } from '../../laboratory/settings.ts';
import { TRAINING_IMAGES } from '../common/parameters.ts';
import type { PoisoningSettings } from './settings.ts';

/** In a sum of fewer, others' updates can be read: a coordinator refuses such groups. */
const MIN_GROUP = 3;

/** Refuses settings that cannot work together. @throws CairnError `settings-invalid` naming the bound */
export function check(settings: PoisoningSettings): void {
  const { members, cohort, images, heldOut, groups, attackers, attacks, rules, rounds, begin } = settings;
  checkOnce({ groups, attackers, attacks, rules });
  if (cohort > members)
    throw invalid(`cohort: at most the ${members} members, got ${cohort}`, `lower it to ${members}, or raise members`);
  const most = Math.floor((TRAINING_IMAGES - heldOut) / members);
  if (images > most)
    throw invalid(
      `images: at most ${most} for each of ${members} members besides ${heldOut} held-out ones, got ${images}`,
      'lower images, members or heldOut: no image has two holders',
    );
  const greatest = Math.max(0, ...groups);
  if (greatest * MIN_GROUP > cohort)
    throw invalid(
      `groups: ${greatest} groups of at least ${MIN_GROUP} need ${greatest * MIN_GROUP} members in a round, but cohort is ${cohort}`,
      `raise cohort, or lower groups to ${Math.floor(cohort / MIN_GROUP)}`,
    );
  if (begin > rounds) throw invalid(`begin: at most the ${rounds} rounds, got ${begin}`, 'lower it');
  checkLooks(settings);
}
