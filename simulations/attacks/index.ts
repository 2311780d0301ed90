/** Attacks on rounds, each with and without the protection that stops it. */
import type { Attack } from './attack.ts';
import { changedTerms, nearModel, sumDifference } from './differences.ts';
import { fourSums } from './disaggregation.ts';
import { framedMember } from './framing.ts';
import { inventedMembers, manInTheMiddle, relabelledMembers } from './impostors.ts';
import { modelInconsistency, twoFacedCoordinator } from './inconsistency.ts';
import { agreedLies, forgedShares, forgedSignature, keyCopies } from './members/hostile.ts';
import { spoiltSeals } from './members/spoilt-seals.ts';
import { lowThreshold, noiseRemoval } from './policies.ts';
import { replayedInvitation } from './replay.ts';
import { regionSums } from './regions.ts';
import { ringCuts } from './ring-cuts.ts';
import { ringGrinding } from './rings.ts';
import { narrowView } from './routing.ts';
import { mixedSignatures, splitViews } from './split-view.ts';

export type { Attack } from './attack.ts';

/** Every attack, by the attacker: lying coordinators first, then hostile members. */
export const ATTACKS: readonly Attack[] = [
  splitViews,
  mixedSignatures,
  narrowView,
  manInTheMiddle,
  inventedMembers,
  relabelledMembers,
  modelInconsistency,
  twoFacedCoordinator,
  replayedInvitation,
  sumDifference,
  fourSums,
  nearModel,
  changedTerms,
  regionSums,
  ringCuts,
  ringGrinding,
  lowThreshold,
  noiseRemoval,
  framedMember,
  forgedShares,
  agreedLies,
  forgedSignature,
  keyCopies,
  spoiltSeals,
];
