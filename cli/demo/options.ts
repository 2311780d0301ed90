import { wholeCommittee } from '../../protocol/schemes/secagg/index.ts';
import { CairnError } from '../../protocol/errors.ts';

/** Share of colluding members that the demonstration's task must tolerate. */
export const COLLUDING = 0.25;

/** Options of `npm start`. */
export interface DemoOptions {
  /** Client processes. */
  readonly clients: number;
  /** Rounds to commit. */
  readonly rounds: number;
  /** Clients that are killed with SIGKILL during the run. */
  readonly kill: number;
  /** Seed of the model's initialisation, the shards and local training. Masks and keys never depend on it. */
  readonly seed: number;
  readonly model: 'mlp' | 'cnn';
  /** How MNIST is distributed: evenly, or by class shares drawn from a Dirichlet distribution. */
  readonly partition: 'iid' | 'dirichlet';
  /** Concentration of the Dirichlet distribution: small is uneven. */
  readonly alpha: number;
  /** Folder in which the run's own folder is created. */
  readonly out: string;
  /** 0 picks a free one. */
  readonly port: number;
}

/** The same as the command line has them. */
export type DemoFlags = Omit<DemoOptions, 'kill'> & { readonly kill?: number };

/** A client to kill: which one, in which round, and before which state's message. */
export interface Kill {
  /** Member id. */
  readonly member: number;
  readonly round: number;
  /**
   * `masked-input`: it has shared its keys, but its input does not count. `unmasking`: its input counts, but it sends
   * no shares.
   */
  readonly state: 'masked-input' | 'unmasking';
}

/**
 * When each client is killed: one per round from the second on, the last members first, alternately after sharing keys
 * and before unmasking.
 */
export function killSchedule({ clients, rounds, kill }: Pick<DemoOptions, 'clients' | 'rounds' | 'kill'>): Kill[] {
  return Array.from({ length: kill }, (_, i) => ({
    member: clients - i,
    round: Math.min(rounds, 2 + i),
    state: i % 2 === 0 ? 'masked-input' : 'unmasking',
  }));
}

/** Clients that a demonstration kills if it is not told how many: enough to see dropouts handled. */
const USUAL_KILLS = 2;

/** The number of clients to kill if none is given: the usual one, or fewer where the others could not go on without them. */
export function defaultKills(options: Omit<DemoOptions, 'kill'>): number {
  for (let kill = USUAL_KILLS; kill > 0; kill--) if (killFault({ ...options, kill }) === undefined) return kill;
  return 0;
}

/**
 * Refuses a run that could not succeed: in each round, the clients left must be a quorum of those that started it.
 * @throws CairnError `usage` with the bound
 */
export function checkDemo(options: DemoOptions): void {
  const { clients, rounds } = options;
  if (clients < 3)
    throw new CairnError('usage', `--clients must be at least 3, but is ${clients}`, {
      hint: 'in a sum of two, each member can read the other’s update',
    });
  if (rounds < 1) {
    throw new CairnError('usage', `--rounds must be at least 1, but is ${rounds}`, { hint: 'see cairn demo --help' });
  }
  const fault = killFault(options);
  if (fault !== undefined) throw new CairnError('usage', fault, { hint: 'kill fewer, or run more clients or rounds' });
}

/** Why a run with so many killed clients could not succeed; undefined if it can. */
function killFault(options: Pick<DemoOptions, 'clients' | 'rounds' | 'kill'>): string | undefined {
  const { clients, rounds, kill } = options;
  if (kill >= clients) return `--kill ${kill} leaves none of ${clients} clients`;
  const schedule = killSchedule(options);
  let alive = clients;
  for (let round = 1; round <= rounds; round++) {
    const dying = schedule.filter((entry) => entry.round === round).length;
    const { quorum } = wholeCommittee(alive, COLLUDING);
    if (alive - dying < quorum || alive - dying < 3) {
      return `--kill ${kill} is too many: in round ${round} only ${alive - dying} of ${alive} would be left, and ${Math.max(3, quorum)} are needed`;
    }
    alive -= dying;
  }
  return undefined;
}
