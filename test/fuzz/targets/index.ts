import { roundTargets } from '../rounds/target.ts';
import type { Target } from '../target.ts';
import { configTarget } from './config.ts';
import { cryptoTargets } from './crypto.ts';
import { dealerTargets } from './dealer.ts';
import { directoryTargets } from './directory.ts';
import { fileTargets } from './files.ts';
import { inferenceTargets } from './inference.ts';
import { inferenceFileTargets } from './inference-files.ts';
import { partyTargets } from './inference-parties.ts';
import { policyTarget } from './policy.ts';
import { settingsTargets } from './settings.ts';
import { wireTargets } from './wire.ts';

/** Everything that is fuzzed; whole rounds come first, since they take longest. */
export const targets: readonly Target[] = [
  ...roundTargets,
  ...wireTargets,
  ...settingsTargets,
  ...directoryTargets,
  ...fileTargets,
  ...cryptoTargets,
  ...dealerTargets,
  ...inferenceTargets,
  ...inferenceFileTargets,
  ...partyTargets,
  configTarget,
  policyTarget,
];
