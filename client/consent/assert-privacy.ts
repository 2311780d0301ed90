import type { ClientPolicy } from '../../protocol/schemes/secagg/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { RoundSettings } from '../../protocol/wire/index.ts';
import type { PrivacyAccount, Quote, SpentPrivacy } from './privacy-account.ts';

/** Maximum δ that a client counts with, whatever a round names: with a large one every ε is small. */
const MAX_DELTA = 1e-5;

/** The δ with which a client counts a round. */
export const deltaOf = ({ privacy }: Pick<RoundSettings, 'privacy'>): number =>
  Math.min(privacy?.delta ?? MAX_DELTA, MAX_DELTA);

/** Explains why there may be no bound at all, which no smaller round can fix. */
function hintFor(
  privacy: RoundSettings['privacy'],
  against: 'readers' | 'inside',
  before: SpentPrivacy,
): { readonly hint?: string } {
  if (privacy?.placement === 'central' && against === 'inside') {
    return {
      hint: 'the coordinator’s noise gives no bound against the coordinator itself: set minNoise.placement to "central" to trust it',
    };
  }
  if (Number.isFinite(before[against])) {
    return {
      hint:
        privacy === undefined
          ? 'this task adds no noise: ask its operator for privacy, or leave maxEpsilon out of the client’s policy'
          : 'it takes part in no more rounds like this one; or raise maxEpsilon in the client’s policy',
    };
  }
  return {
    hint: 'this client took part in earlier rounds whose noise gives no bound, and they count forever: leave maxEpsilon out, or start with another identity and record',
  };
}

const text = (epsilon: number): string => (Number.isFinite(epsilon) ? epsilon.toFixed(3) : 'no bound');

/** A task that had noise must keep it, against the same parties: a coordinator cannot remove it unnoticed. */
function assertLasting(
  { task, privacy }: Pick<RoundSettings, 'task' | 'privacy'>,
  { central = 0, distributed = 0 }: Partial<PrivacyAccount> = {},
): void {
  const less = privacy === undefined ? central + distributed > 0 : privacy.placement === 'central' && distributed > 0;
  if (!less) return;
  const was = distributed > 0 ? 'noise by its members' : 'noise';
  const is = privacy === undefined ? 'none' : 'only the coordinator’s';
  throw new CairnError('policy-noise', `earlier rounds of task "${task}" had ${was}, this one has ${is}`, {
    hint: 'if this is intended, give the task another name',
  });
}

/**
 * Checks what a client's rounds, including this one, would have revealed against its policy.
 * @throws CairnError `privacy-budget`; `policy-noise` if the task had more noise earlier
 */
export function assertPrivacy(
  settings: Pick<RoundSettings, 'task' | 'privacy'>,
  { maxEpsilon, minNoise }: Pick<ClientPolicy, 'maxEpsilon' | 'minNoise'>,
  { before, after, ofTask }: Quote,
): void {
  const { privacy } = settings;
  assertLasting(settings, ofTask);
  if (maxEpsilon === undefined) return;
  const against = minNoise?.placement === 'central' ? 'readers' : 'inside';
  if (after[against] <= maxEpsilon) return;
  const whom = against === 'inside' ? 'the coordinator and other members' : 'those who see the models';
  throw new CairnError(
    'privacy-budget',
    `this round would raise this client’s epsilon towards ${whom} from ${text(before[against])} to ${text(after[against])}, it allows ${maxEpsilon}`,
    hintFor(privacy, against, before),
  );
}
