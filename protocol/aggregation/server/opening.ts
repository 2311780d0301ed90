import { equalBytes } from '../../crypto/bytes.ts';
import { SecretBytes } from '../../crypto/secret.ts';
import { LagrangeBasis } from '../../crypto/shamir.ts';
import { SIZES } from '../../crypto/suite.ts';
import { CairnError } from '../../errors.ts';
import { type ClientIndex, clientIndex } from '../../ids.ts';
import { hasBit } from '../../wire/bitmap.ts';
import { selfMaskKey } from '../masks.ts';
import type { UnmaskJob } from '../unmask.ts';
import { placeOf } from './places.ts';
import type { ServerContext, Shared, Summed } from './types.ts';

/** What an opening starts from: the sum's sets, and each member's shares. */
interface Revealed extends Omit<Summed, 'sum'> {
  readonly context: ServerContext;
  readonly revealed: ReadonlyMap<ClientIndex, SecretBytes>;
}

/** Whose shares a member holds: its neighbours' that shared, and its own, ascending. */
export function holdings({ facts, sharers }: Shared, holder: ClientIndex): number[] {
  return facts.graph.holders(holder).filter((index) => sharers.has(clientIndex(index)));
}

/**
 * The opening of a sum's secrets: every member's one secret is rebuilt from the shares revealed and checked, and becomes
 * a job of the plan. The basis is computed once for each set of holders.
 *
 * At n = 1000 on the complete graph with t = 667 all of it takes 160 to 330 ms of one thread: longer than a coordinator
 * may be deaf, but where members have dropped not a hundredth of what the plan costs that comes out of it. So it needs
 * no thread of its own, only pauses: {@link steps} makes one after each secret, and the coordinator answers others there.
 */
export class Opening {
  /** The plan's jobs; they grow while {@link steps} runs. */
  readonly jobs: UnmaskJob[] = [];
  readonly #about: Omit<Revealed, 'revealed'>;
  readonly #made: SecretBytes[] = [];
  #revealed: ReadonlyMap<ClientIndex, SecretBytes>;
  #finished = false;
  readonly #holdings = new Map<ClientIndex, readonly number[]>();
  readonly #bases = new Map<string, LagrangeBasis>();

  constructor(state: Revealed) {
    const { context, facts, sharers, survivors, revealed } = state;
    this.#about = { context, facts, sharers, survivors };
    this.#revealed = revealed;
    // On the complete graph all hold shares of the same members: one list serves all.
    const { graph } = state.facts.parameters;
    const everybody = graph === 'complete' ? [...state.sharers].sort((a, b) => a - b) : undefined;
    for (const holder of state.revealed.keys()) this.#holdings.set(holder, everybody ?? holdings(state, holder));
  }

  /** Whether every secret has been rebuilt: only then the plan is whole. */
  get finished(): boolean {
    return this.#finished;
  }

  /** Every secret in here: what was rebuilt, and the shares. */
  get secrets(): readonly SecretBytes[] {
    return [...this.#made, ...this.#revealed.values()];
  }

  /**
   * Rebuilds secret after secret, and pauses after each with the number of jobs. When all are there the shares are wiped.
   * @throws CairnError `secret-mismatch` with the culprit whose key is another than it advertised, `below-threshold`,
   *   `wire-not-canonical`: there is no plan; the session is told by an input and wipes what is there
   */
  *steps(): Generator<number, void> {
    for (const job of this.#rebuild()) yield this.jobs.push(job);
    this.#finished = true;
    for (const shares of this.#revealed.values()) shares.wipe();
    // n vectors of n shares are not worth keeping while the plan is computed.
    this.#revealed = new Map();
    this.#holdings.clear();
    this.#bases.clear();
  }

  /** All steps without a pause. @throws what {@link steps} does */
  runAtOnce(): void {
    const steps = this.steps();
    while (steps.next().done !== true);
  }

  #hold(secret: SecretBytes): SecretBytes {
    this.#made.push(secret);
    return secret;
  }

  *#rebuild(): Generator<UnmaskJob, void> {
    const { context, facts, sharers, survivors } = this.#about;
    const { primitives } = context;
    for (const owner of sharers) {
      const advertisement = facts.roster[owner];
      if (hasBit(survivors, owner)) {
        const seed = this.#hold(new SecretBytes(this.#open(owner)));
        const key = this.#hold(selfMaskKey(primitives, seed, facts.sessionId, owner));
        seed.wipe();
        yield { kind: 'self', key };
        continue;
      }
      const peers = facts.graph
        .neighbours(owner)
        .filter((index) => hasBit(survivors, index))
        .map((index) => ({ index, maskKey: facts.roster[index].maskKey }));
      if (peers.length === 0) continue;
      const secretKey = this.#hold(new SecretBytes(this.#open(owner)));
      if (!equalBytes(primitives.x25519PublicKey(secretKey.expose()), advertisement.maskKey)) {
        const culprits = [advertisement.member];
        throw new CairnError(
          'secret-mismatch',
          `the key rebuilt for member ${advertisement.member} is not the one it advertised`,
          { culprits },
        );
      }
      yield { kind: 'pair', index: owner, secretKey, peers };
    }
  }

  #open(owner: ClientIndex): Uint8Array {
    const { facts } = this.#about;
    const revealed = this.#revealed;
    const { threshold } = facts.parameters;
    const holders: ClientIndex[] = [];
    for (const holder of facts.graph.holders(owner)) {
      const index = clientIndex(holder);
      if (revealed.has(index) && holders.push(index) === threshold) break;
    }
    if (holders.length < threshold) {
      const { member } = facts.roster[owner];
      throw new CairnError(
        'below-threshold',
        `${holders.length} shares of member ${member}'s secret came, the threshold is ${threshold}`,
      );
    }
    return this.#basis(holders).open(
      holders.map((holder) => {
        const at = placeOf(this.#holdings.get(holder)!, owner) * SIZES.share;
        return revealed
          .get(holder)!
          .expose()
          .subarray(at, at + SIZES.share);
      }),
    );
  }

  #basis(holders: readonly ClientIndex[]): LagrangeBasis {
    const key = holders.join(',');
    const known = this.#bases.get(key);
    if (known !== undefined) return known;
    const basis = new LagrangeBasis(this.#about.facts.parameters.n, holders);
    this.#bases.set(key, basis);
    return basis;
  }
}
