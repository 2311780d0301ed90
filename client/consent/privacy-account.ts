import { noisePlanOf } from '../../protocol/rounds/index.ts';
import { addDivergences, epsilonOf, mechanismOf, NO_DIVERGENCES, roundCost } from '../../protocol/privacy/index.ts';
import type { RoundSettings } from '../../protocol/wire/index.ts';

/** What the rounds of one task have revealed about a client's data, by the client's own count. */
export interface PrivacyAccount {
  readonly task: string;
  /**
   * Rényi divergences of rounds with noise, towards parties that see models, one for each of the accountant's orders.
   */
  readonly divergences: readonly number[];
  /** The same towards the coordinator and members: for rounds whose members added the noise. */
  readonly inside: readonly number[];
  /** Rounds without noise, with the coordinator's, and with the members'. */
  readonly bare: number;
  readonly central: number;
  readonly distributed: number;
}

/** Maximum number of separate accounts; beyond it the oldest are merged. Task names come from the coordinator. */
const MAX_ACCOUNTS = 64;

/** The account into which forgotten tasks are merged. No task has this name: it is too long. */
const OTHERS = '*'.repeat(129);

const emptyAccount = (task: string): PrivacyAccount => ({
  ...{ task, divergences: NO_DIVERGENCES, inside: NO_DIVERGENCES },
  ...{ bare: 0, central: 0, distributed: 0 },
});

function sumOf(task: string, accounts: readonly PrivacyAccount[]): PrivacyAccount {
  return accounts.reduce(
    (sum, account) => ({
      task,
      divergences: addDivergences(sum.divergences, account.divergences),
      inside: addDivergences(sum.inside, account.inside),
      bare: sum.bare + account.bare,
      central: sum.central + account.central,
      distributed: sum.distributed + account.distributed,
    }),
    emptyAccount(task),
  );
}

/**
 * The cost of taking part in one round. It is counted in full: a client knows that it takes part, and cannot know
 * whether the coordinator drew it at random.
 * @throws CairnError `privacy-infeasible`, `settings-invalid` for settings whose noise is impossible
 */
export function costOf({ task, privacy, ...shape }: RoundSettings): PrivacyAccount {
  const empty = emptyAccount(task);
  if (privacy === undefined) return { ...empty, bare: 1 };
  const divergences = [...roundCost(mechanismOf(noisePlanOf({ ...shape, privacy })), 1)];
  if (privacy.placement === 'central') return { ...empty, divergences, central: 1 };
  return { ...empty, divergences, inside: divergences, distributed: 1 };
}

/** The accounts with one more round. */
export function charged(accounts: readonly PrivacyAccount[], cost: PrivacyAccount): PrivacyAccount[] {
  const others = accounts.filter(({ task }) => task !== cost.task);
  const own = accounts.find(({ task }) => task === cost.task);
  const all = [...others, own === undefined ? cost : sumOf(cost.task, [own, cost])];
  if (all.length <= MAX_ACCOUNTS) return all;
  const oldest = all.slice(0, all.length - MAX_ACCOUNTS + 1);
  return [sumOf(OTHERS, oldest), ...all.slice(oldest.length)];
}

/** ε of a client's rounds, for one δ. Infinite (null in JSON) if a round had no noise that counts. */
export interface SpentPrivacy {
  /** Towards parties that see the models. */
  readonly readers: number;
  /** Towards the coordinator and the other members. */
  readonly inside: number;
  /** Rounds that were counted. */
  readonly rounds: number;
}

/** The total over several accounts. */
export function spentOf(accounts: readonly PrivacyAccount[], delta: number): SpentPrivacy {
  const { divergences, inside, bare, central, distributed } = sumOf('', accounts);
  const rounds = bare + central + distributed;
  const epsilon = (spent: readonly number[]): number => (rounds === 0 ? 0 : epsilonOf(spent, delta));
  return {
    readers: bare > 0 ? Infinity : epsilon(divergences),
    inside: bare + central > 0 ? Infinity : epsilon(inside),
    rounds,
  };
}

/** What a round would add to what a client's rounds have revealed. */
export interface Quote {
  readonly before: SpentPrivacy;
  readonly after: SpentPrivacy;
  /** The account of the round's task; undefined before its first round. */
  readonly ofTask: PrivacyAccount | undefined;
}
