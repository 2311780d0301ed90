import { equalBytes } from '../../crypto/bytes.ts';
import type { SecretBytes } from '../../crypto/secret.ts';
import { type ClientIndex, clientIndex } from '../../ids.ts';
import { hasBit } from '../../wire/bitmap.ts';
import { seedCommitment, selfMaskKey } from '../masks.ts';
import type { LeftoverPeer, UnmaskJob } from '../unmask.ts';
import { SecretOpener } from './opener.ts';
import { RevealedShares } from './revealed.ts';
import type { ServerContext, Summed } from './types.ts';

/** What an opening starts from: the sum's sets, and each member's shares. */
interface Revealed extends Omit<Summed, 'sum'> {
  readonly context: ServerContext;
  readonly revealed: ReadonlyMap<ClientIndex, SecretBytes>;
}

/**
 * The opening of a sum's secrets: every member's one secret is rebuilt from the shares revealed, held against what the
 * member advertised or committed to, and becomes a job of the plan.
 *
 * At n = 1000 on the complete graph with t = 667 all of it takes 160 to 330 ms of one thread: longer than a coordinator
 * may be deaf, but where members have dropped not a hundredth of what the plan costs that comes out of it. So it needs
 * no thread of its own, only pauses: {@link steps} makes one after each secret, and many while it corrects false shares,
 * and the coordinator answers others there.
 */
export class Opening {
  /** The plan's jobs; they grow while {@link steps} runs. */
  readonly jobs: UnmaskJob[] = [];
  readonly #about: Omit<Revealed, 'revealed'>;
  readonly #made: SecretBytes[] = [];
  readonly #shares: RevealedShares;
  readonly #opener: SecretOpener;
  #finished = false;

  constructor(state: Revealed) {
    const { context, facts, sharers, commitments, survivors, revealed } = state;
    this.#about = { context, facts, sharers, commitments, survivors };
    this.#shares = new RevealedShares(this.#about, revealed);
    this.#opener = new SecretOpener(facts, this.#shares, (secret) => this.#hold(secret));
  }

  /** Whether every secret has been rebuilt: only then the plan is whole. */
  get finished(): boolean {
    return this.#finished;
  }

  /** Every secret in here: what was rebuilt, and the shares. */
  get secrets(): readonly SecretBytes[] {
    return [...this.#made, ...this.#shares.secrets];
  }

  /** By holder, the owners whose shares it revealed falsely, as far as that was found. */
  get falseShares(): ReadonlyMap<ClientIndex, readonly ClientIndex[]> {
    return this.#shares.falseShares;
  }

  /**
   * Rebuilds secret after secret, and pauses after each, and more often where shares are false, with the number of jobs.
   * When all are there the shares are wiped.
   * @throws CairnError `secret-mismatch` with the culprit whose secret is not the one that it advertised or committed to,
   *   `below-threshold`: there is no plan; the session is told by an input and wipes what is there
   */
  *steps(): Generator<number, void> {
    for (const job of this.#rebuild()) {
      if (job !== undefined) this.jobs.push(job);
      yield this.jobs.length;
    }
    this.#finished = true;
    // n vectors of n shares are not worth keeping while the plan is computed.
    this.#shares.wipe();
    this.#opener.clear();
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

  /** The jobs, and undefined for a pause on the way to the next one. */
  *#rebuild(): Generator<UnmaskJob | undefined, void> {
    for (const owner of this.#about.sharers) {
      if (hasBit(this.#about.survivors, owner)) {
        yield yield* this.#selfJob(owner);
        continue;
      }
      const peers = this.#peersOf(owner);
      if (peers.length > 0) yield yield* this.#pairJob(owner, peers);
    }
  }

  *#selfJob(owner: ClientIndex): Generator<undefined, UnmaskJob> {
    const { context, facts, commitments } = this.#about;
    const { primitives } = context;
    const { sessionId } = facts;
    const committed = commitments.get(owner)!;
    const seed = yield* this.#opener.open(owner, (secret) =>
      equalBytes(seedCommitment(primitives, secret, sessionId, owner), committed),
    );
    const key = this.#hold(selfMaskKey(primitives, seed, sessionId, owner));
    seed.wipe();
    return { kind: 'self', key };
  }

  *#pairJob(owner: ClientIndex, peers: readonly LeftoverPeer[]): Generator<undefined, UnmaskJob> {
    const { context, facts } = this.#about;
    const { maskKey } = facts.roster[owner];
    const secretKey = yield* this.#opener.open(owner, (secret) =>
      equalBytes(context.primitives.x25519PublicKey(secret.expose()), maskKey),
    );
    return { kind: 'pair', index: owner, secretKey, peers };
  }

  /** The surviving neighbours, in whose inputs a member that dropped left its pair masks. */
  #peersOf(owner: ClientIndex): LeftoverPeer[] {
    const { facts, survivors } = this.#about;
    return facts.graph
      .neighbours(owner)
      .map(clientIndex)
      .filter((index) => hasBit(survivors, index))
      .map((index) => ({ index, maskKey: facts.roster[index].maskKey }));
  }
}
