import { equalBytes } from '../../crypto/bytes.ts';
import { SecretBytes } from '../../crypto/secret.ts';
import { withSecrets } from '../../crypto/secret-scope.ts';
import { isCanonicalShare, LagrangeBasis } from '../../crypto/shamir.ts';
import { SIZES } from '../../crypto/suite.ts';
import { asCairnError, CairnError } from '../../errors.ts';
import { type ClientIndex, clientIndex } from '../../ids.ts';
import { hasBit } from '../../wire/bitmap.ts';
import { encodeUnmaskRequest } from '../../wire/messages/unmask-request.ts';
import { decodeUnmaskShares } from '../../wire/messages/unmask-shares.ts';
import { selfMaskKey } from '../masks.ts';
import type { UnmaskJob, UnmaskPlan } from '../unmask.ts';
import { placeOf } from './places.ts';
import { abort, goOn, secretsOf, settle } from './result.ts';
import type { Outgoing, ServerContext, ServerState, ServerStep, Shared, Summed } from './types.ts';

type UnmaskState = Extract<ServerState, { name: 'unmasking' }>;

/** Round 4 begins (Unmasking, Bonawitz 2017 §4): the request, with the signatures that each recipient can check. */
export function askForShares(
  context: ServerContext,
  summed: Summed,
  asked: readonly ClientIndex[],
  signatures: ReadonlyMap<ClientIndex, Uint8Array>,
): ServerStep {
  const { facts, survivors } = summed;
  const send = asked.map((to): Outgoing => {
    const audience = facts.graph.holders(to).map(clientIndex);
    const bytes = encodeUnmaskRequest({
      suite: context.settings.suite,
      context: facts.sessionId,
      size: facts.tree.size,
      survivors,
      signatures: audience
        .filter((index) => signatures.has(index))
        .map((index) => ({ index, signature: signatures.get(index)! })),
    });
    return { to: facts.roster[to].member, bytes };
  });
  const state: ServerState = { name: 'unmasking', context, ...summed, asked: new Set(asked), revealed: new Map() };
  return goOn(state, asked.length, send);
}

/** Whose shares a member holds: its neighbours' that shared, and its own, ascending. */
function holdings({ facts, sharers }: Shared, holder: ClientIndex): number[] {
  return facts.graph.holders(holder).filter((index) => sharers.has(clientIndex(index)));
}

/**
 * Round 4: one member's shares, one for each member it holds shares of.
 * @throws CairnError `wire-…`: the member is dropped without unmasking, its input still counts
 */
export function onUnmaskShares(state: UnmaskState, from: ClientIndex, bytes: Uint8Array): ServerStep {
  const { count, shares } = decodeUnmaskShares(bytes);
  const expected = holdings(state, from).length;
  if (count !== expected) throw new CairnError('wire-bounds', `${count} shares came, but ${expected} were asked for`);
  for (let i = 0; i < count; i++) {
    if (!isCanonicalShare(shares.subarray(i * SIZES.share, (i + 1) * SIZES.share))) {
      throw new CairnError('wire-not-canonical', `share ${i} is not an element of the field`);
    }
  }
  state.revealed.set(from, new SecretBytes(shares.slice()));
  return settle(state);
}

/** All shares that will come are there: secrets are rebuilt and checked, and the plan of what to compute goes out. */
export function plan(state: UnmaskState): ServerStep {
  const { context, facts, sharers, sum, survivors } = state;
  try {
    return withSecrets((hold) => {
      const jobs = [...new Rebuilder(state).jobs(hold)];
      const unmaskPlan: UnmaskPlan = {
        suite: context.settings.suite,
        sessionId: facts.sessionId,
        length: sum.length,
        jobs,
      };
      return goOn(
        { name: 'computing', context, facts, sharers, sum, survivors, plan: unmaskPlan },
        state.revealed.size,
        [],
        [{ kind: 'unmask-plan', plan: unmaskPlan }],
        secretsOf(state),
      );
    });
  } catch (thrown) {
    return abort(state, asCairnError(thrown));
  }
}

/** Rebuilds every member's one secret from the shares revealed; the basis is computed once for each set of holders. */
class Rebuilder {
  readonly #state: UnmaskState;
  readonly #holdings = new Map<ClientIndex, readonly number[]>();
  readonly #bases = new Map<string, LagrangeBasis>();

  constructor(state: UnmaskState) {
    this.#state = state;
    // On the complete graph all hold shares of the same members: one list serves all.
    const { graph } = state.facts.parameters;
    const everybody = graph === 'complete' ? [...state.sharers].sort((a, b) => a - b) : undefined;
    for (const holder of state.revealed.keys()) this.#holdings.set(holder, everybody ?? holdings(state, holder));
  }

  *jobs(hold: (secret: SecretBytes) => SecretBytes): Generator<UnmaskJob, void> {
    const { context, facts, sharers, survivors } = this.#state;
    const { primitives } = context;
    for (const owner of sharers) {
      const advertisement = facts.roster[owner];
      if (hasBit(survivors, owner)) {
        const seed = hold(new SecretBytes(this.#open(owner)));
        yield { kind: 'self', key: hold(selfMaskKey(primitives, seed, facts.sessionId, owner)) };
        seed.wipe();
        continue;
      }
      const peers = facts.graph
        .neighbours(owner)
        .filter((index) => hasBit(survivors, index))
        .map((index) => ({ index, maskKey: facts.roster[index].maskKey }));
      if (peers.length === 0) continue;
      const secretKey = hold(new SecretBytes(this.#open(owner)));
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
    const { facts, revealed } = this.#state;
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
    const basis = new LagrangeBasis(this.#state.facts.parameters.n, holders);
    this.#bases.set(key, basis);
    return basis;
  }
}
