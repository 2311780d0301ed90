import type { RandomSource } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import {
  type Correlations,
  type Demand,
  HeldCorrelations,
  type HeldPart,
  weightMask,
} from '../../protocol/mpc/dealer/index.ts';
import { type Party, Prg } from '../../protocol/mpc/index.ts';
import { mapSizes, type Ring, ringOf } from '../../protocol/mpc/sharing/index.ts';
import {
  type BothWays,
  correlatedReceiver,
  correlatedSender,
  setUpBothWays,
  shareProducts,
  shareSquares,
} from '../../protocol/mpc/transfer/index.ts';
import { demandsOf } from '../plan/demands.ts';
import type { Plan } from '../plan/types.ts';
import type { ServerRole } from './server.ts';

/**
 * Correlated randomness without a dealer, by oblivious transfers between the two servers (SecureML §IV-E): products of
 * matrices bit by bit of the masks of inputs, and the transfers of garbled circuits. It takes longer than a dealer and
 * trusts nobody else. Holds against servers that follow the protocol.
 */
export class TransferSource {
  readonly #plan: Plan;
  readonly #ring: Ring;
  readonly #role: ServerRole;
  readonly #maskSeed: Uint8Array;
  readonly #prg: Prg;
  #ways: BothWays | undefined;

  constructor(plan: Plan, role: ServerRole, maskSeed: Uint8Array, random: RandomSource) {
    this.#plan = plan;
    this.#ring = ringOf(plan.bits);
    this.#role = role;
    this.#maskSeed = maskSeed;
    const seed = random(32);
    this.#prg = new Prg(seed);
    seed.fill(0);
  }

  /** What one batch takes; both servers run this. The first run sets the transfers up. */
  *piece(batch: number): Party<Correlations> {
    this.#ways ??= yield* setUpBothWays(this.#prg);
    const parts: HeldPart[] = [];
    for (const demand of demandsOf(this.#plan, batch)) {
      parts.push({ demand, part: yield* this.#part(demand, this.#ways) });
    }
    return new HeldCorrelations(this.#role === 'a' ? 'seeded' : 'corrected', parts);
  }

  wipe(): void {
    this.#ways?.sender.wipe();
    this.#ways?.receiver.wipe();
    this.#prg.wipe();
  }

  *#part(demand: Demand, ways: BothWays): Party<HeldPart['part']> {
    const ring = this.#ring;
    switch (demand.kind) {
      case 'linear': {
        const a = ring.draw(this.#prg, demand.batch * mapSizes(demand.map).inputs);
        const weights = weightMask(this.#maskSeed, demand);
        const c = yield* shareProducts(ring, demand.map, demand.batch, { weights, inputs: a }, ways);
        return { a, c };
      }
      case 'square': {
        return yield* shareSquares(ring, demand.count, this.#prg, ways);
      }
      case 'transfer': {
        if (this.#role === 'b') {
          return { role: 'sender', sender: yield* correlatedSender(ways.sender, demand.count) };
        }
        const choices = this.#prg.bytes(Math.ceil(demand.count / 8));
        return { role: 'receiver', receiver: yield* correlatedReceiver(ways.receiver, choices, demand.count) };
      }
      default:
        throw new CairnError('internal', `secureml takes no ${demand.kind}`);
    }
  }
}
