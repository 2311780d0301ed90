// What a client's policy says about a round's settings, whatever its scheme.
import { CairnError } from '../../errors.ts';
import type { RoundPrivacy, RoundSettings } from '../../wire/settings.ts';
import type { ClientHistory } from '../history.ts';
import type { ClientPolicy, MinNoise } from '../policy.ts';

/**
 * Checks a round's settings against the parts of the client's policy that depend on settings alone.
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
    throw new CairnError('policy-task', `task "${settings.task}" is not one of those that this client takes part in`);
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
          `ask the operator for a minCohort of ${policy.minCohort} (more clients alone do not help); or set minCohort to ` +
          `${settings.minCohort} in this client’s policy (--min-cohort): ${givenUp(settings.minCohort)}`,
      },
    );
  }
  if (policy.minNoise !== undefined) assertNoise(settings.privacy, policy.minNoise);
  assertNearlySame(settings, policy, history);
  if (maxRoundsPerDay > 0 && roundsWithinDay >= maxRoundsPerDay) {
    throw new CairnError(
      'policy-rounds-per-day',
      `this client has taken part in ${roundsWithinDay} rounds within 24 hours, its limit is ${maxRoundsPerDay}`,
    );
  }
}

/** What a client gives up by taking part in so small a sum. */
const givenUp = (inputs: number): string =>
  inputs <= 2
    ? 'the other member can then compute your update by subtracting its own from the sum'
    : `${inputs - 1} members that pool their updates can then compute yours from the sum`;

/** The party that adds noise knows it and may omit it: the coordinator's does not count against the coordinator. */
function assertNoise(privacy: RoundPrivacy | undefined, { placement = 'distributed', multiplier }: MinNoise): void {
  const found =
    privacy === undefined ? 'none' : `${privacy.placement} noise with multiplier ${privacy.noiseMultiplier}`;
  const counts = placement === 'central' || privacy?.placement === 'distributed';
  if (counts && privacy !== undefined && privacy.noiseMultiplier >= multiplier) return;
  throw new CairnError(
    'policy-noise',
    `this client asks for ${placement} noise with a multiplier of at least ${multiplier}, the round has ${found}`,
  );
}

/**
 * Whether the client has said how much of its members' noise is enough for it, and the round has it: then each sum has
 * separate noise, which bounds what several of them reveal together, and every one is charged. So such a client sends
 * fresh noise each time instead of the same input, and to any cohort.
 */
export const reliesOnNoise = ({ minNoise }: ClientPolicy, { privacy }: Pick<RoundSettings, 'privacy'>): boolean =>
  minNoise !== undefined && minNoise.placement !== 'central' && privacy?.placement === 'distributed';

/** How often a client trains again from one model, unless its policy says otherwise: a rollback, and another one. */
export const DEFAULT_MAX_REPEATS = 2;

/** Models moved by the coordinator that a client takes part in within 24 hours, unless its policy says otherwise. */
export const DEFAULT_MAX_REBASES = 2;

/** Each further training from one model, and each model that was changed little, is one more sum of nearly the same. */
function assertNearlySame(
  { repeat, rebases }: RoundSettings,
  { maxRepeats = DEFAULT_MAX_REPEATS, maxRebases = DEFAULT_MAX_REBASES }: ClientPolicy,
  { rebasesWithinDay = 0 }: Partial<ClientHistory>,
): void {
  if (repeat > maxRepeats) {
    throw new CairnError(
      'repeat-refused',
      `the round asks to train again from one model, repeat ${repeat}, this client allows ${maxRepeats} repeats`,
    );
  }
  if (rebases === 0 || rebasesWithinDay < maxRebases) return;
  throw new CairnError(
    'rebase-refused',
    `the model was changed without training, and this client has taken part in ${rebasesWithinDay} such models within 24 hours, its limit is ${maxRebases}`,
  );
}
