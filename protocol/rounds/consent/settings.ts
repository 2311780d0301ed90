// What a client's policy says of a round's settings, whatever its scheme.
import { CairnError } from '../../errors.ts';
import type { RoundPrivacy, RoundSettings } from '../../wire/settings.ts';
import type { ClientHistory } from '../history.ts';
import type { ClientPolicy, MinNoise } from '../policy.ts';

/**
 * Checks a round's settings against the parts of the client's policy that they alone decide.
 * @throws CairnError `policy-task`, `adversary-too-weak`, `cohort-too-small`, `policy-noise`, `repeat-refused`,
 * `rebase-refused`, `policy-rounds-per-day`
 */
export function assertConsent(
  settings: RoundSettings,
  policy: ClientPolicy,
  history: Partial<ClientHistory> = {},
): void {
  const { roundsWithinDay = 0 } = history;
  const { tasks, maxRoundsPerDay = 0 } = policy;
  if (tasks !== undefined && !tasks.includes(settings.task)) {
    throw new CairnError('policy-task', `task "${settings.task}" is none of those that this client takes part in`);
  }
  if (policy.adversary === 'active' && settings.adversary !== 'active') {
    throw new CairnError('adversary-too-weak', `the round is "${settings.adversary}", this client asks for "active"`);
  }
  if (settings.minCohort < policy.minCohort) {
    throw new CairnError(
      'cohort-too-small',
      `the round allows sums of ${settings.minCohort}, this client asks for at least ${policy.minCohort}`,
      {
        hint:
          `ask the operator for a minCohort of ${policy.minCohort} (more clients alone change nothing); or set minCohort to ` +
          `${settings.minCohort} in this client’s policy (--min-cohort): ${givenUp(settings.minCohort)}`,
      },
    );
  }
  if (policy.minNoise !== undefined) assertNoise(settings.privacy, policy.minNoise);
  assertNearlySame(settings, policy, history);
  if (maxRoundsPerDay > 0 && roundsWithinDay >= maxRoundsPerDay) {
    throw new CairnError(
      'policy-rounds-per-day',
      `this client has taken part in ${roundsWithinDay} rounds within 24 hours, and allows ${maxRoundsPerDay}`,
    );
  }
}

/** What a client gives up that takes part in so small a sum. */
const givenUp = (inputs: number): string =>
  inputs <= 2
    ? 'the other member then reads your update off the sum, by taking its own away'
    : `${inputs - 1} members that put their updates together then read yours off the sum`;

/** Whoever adds the noise knows it, and may leave it out: what the coordinator adds does not count against the coordinator. */
function assertNoise(privacy: RoundPrivacy | undefined, { placement = 'distributed', multiplier }: MinNoise): void {
  const found =
    privacy === undefined ? 'none' : `${privacy.placement} noise with multiplier ${privacy.noiseMultiplier}`;
  const counts = placement === 'central' || privacy?.placement === 'distributed';
  if (counts && privacy !== undefined && privacy.noiseMultiplier >= multiplier) return;
  throw new CairnError(
    'policy-noise',
    `this client asks for ${placement} noise with multiplier ${multiplier} at least, the round has ${found}`,
  );
}

/**
 * Whether the client has said how much of its members' noise is enough for it, and the round has it: then each sum has
 * noise of its own, which bounds what several of them tell together, and every one is charged. So such a client sends
 * fresh noise each time instead of the same input, and to whatever cohort.
 */
export const reliesOnNoise = ({ minNoise }: ClientPolicy, { privacy }: Pick<RoundSettings, 'privacy'>): boolean =>
  minNoise !== undefined && minNoise.placement !== 'central' && privacy?.placement === 'distributed';

/** How often a client trains anew from one model, unless its policy says otherwise: a rollback, and another one. */
export const DEFAULT_MAX_REPEATS = 2;

/** Models moved by the coordinator that a client takes part in within 24 hours, unless its policy says otherwise. */
export const DEFAULT_MAX_REBASES = 2;

/** Each further training from one model, and each model that was moved by little, is one more sum of nearly the same. */
function assertNearlySame(
  { repeat, rebases }: RoundSettings,
  { maxRepeats = DEFAULT_MAX_REPEATS, maxRebases = DEFAULT_MAX_REBASES }: ClientPolicy,
  { rebasesWithinDay = 0 }: Partial<ClientHistory>,
): void {
  if (repeat > maxRepeats) {
    throw new CairnError(
      'repeat-refused',
      `the round asks to train anew from one model for time ${repeat}, this client does so ${maxRepeats} times`,
    );
  }
  if (rebases === 0 || rebasesWithinDay < maxRebases) return;
  throw new CairnError(
    'rebase-refused',
    `the model was moved without training, and this client has taken part in ${rebasesWithinDay} such models within 24 hours, of ${maxRebases} that it allows`,
  );
}
