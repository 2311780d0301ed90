import type { RandomSource } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { type Correlations, weightMask } from '../../protocol/mpc/dealer/index.ts';
import { evaluatorFinish, evaluatorPrepare, garble, garblerFinish } from '../../protocol/mpc/garbling/index.ts';
import { square } from '../../protocol/mpc/gmw/index.ts';
import { exchange, packRows, type Party, Prg, receive, type Slices, zeroSlices } from '../../protocol/mpc/index.ts';
import {
  finishLinear,
  prepareLinear,
  type Ring,
  spreadBias,
  truncateLocally,
  wipeWords,
  type Words,
  ringOf,
} from '../../protocol/mpc/sharing/index.ts';
import type { QuantisedLayer } from '../plan/quantise.ts';
import type { LinearStep, Plan, RevealStep, Step } from '../plan/types.ts';
import { argmaxCircuit, piecewiseCircuit, reluCircuit } from '../shares/circuits.ts';
import { garbledByEvaluator, garbledByGarbler, stacked, takeTransfers } from '../shares/garbled.ts';
import { rowsOfWords, windowSums } from '../shares/rearrange.ts';
import type { ServerSide } from '../systems.ts';

/** Which of the two servers: a evaluates garbled circuits and is the dealer's seeded side, b garbles and is corrected. */
export type ServerRole = 'a' | 'b';

/** One server's half of a model. */
export interface SecureMlHalf {
  readonly plan: Plan;
  readonly role: ServerRole;
  /** Its additive shares of weights and biases, by linear layer. */
  readonly layers: readonly QuantisedLayer[];
  /** 32 bytes from which its shares of the masks of the weights are drawn; it serves this half alone. */
  readonly maskSeed: Uint8Array;
  readonly random: RandomSource;
}

/**
 * One of SecureML's two servers (Mohassel and Zhang 2017). Each has a share of the model and of the question; alone
 * neither learns anything of either, nor of the answer, of which each sends its share to the asker. Products by Beaver's
 * triples with fixed masked weights (§IV-B), ReLU and argmax by garbled circuits, which drop the fraction bits exactly on
 * the way; where there is no circuit, each server drops the bits of its share alone, which is off by one in the last place
 * and rarely by much (§IV-A; `localTruncationFailure`). Holds against servers that follow the protocol and do not put
 * their shares together.
 */
export class SecureMlServer implements ServerSide {
  readonly #half: SecureMlHalf;
  readonly #ring: Ring;
  /** Party of the algebra and of garbling: the garbler is 0. */
  readonly #party: 0 | 1;
  readonly #prg: Prg;
  /** E = W − B by linear layer, as opened. */
  #masked: readonly Words[] = [];
  #prepared: { batch: number; dealt: Correlations; linear: readonly { mask: Words; base: Words }[] } | undefined;

  constructor(half: SecureMlHalf) {
    this.#half = half;
    this.#ring = ringOf(half.plan.bits);
    this.#party = half.role === 'b' ? 0 : 1;
    const seed = half.random(32);
    this.#prg = new Prg(seed);
    seed.fill(0);
  }

  /** Opens the masked weights. */
  *setup(): Party<void> {
    const { plan, layers, maskSeed } = this.#half;
    const ring = this.#ring;
    const masked: Words[] = [];
    for (const { map, layer } of this.#linear()) {
      const mask = weightMask(maskSeed, { map, layer, bits: plan.bits });
      const own = ring.subtract(layers[layer]!.weights, mask);
      wipeWords(mask);
      const theirs = ring.fromBytes(yield* exchange(ring.toBytes(own)));
      ring.addInto(theirs, own);
      masked.push(theirs);
    }
    this.#masked = masked;
  }

  *offline(batch: number, dealt: Correlations): Party<void> {
    const { plan, layers } = this.#half;
    const ring = this.#ring;
    const linear = this.#linear().map(({ map, layer }) => {
      const { a, c } = dealt.take({ kind: 'linear', form: 'two-sided', map, batch, bits: plan.bits, layer });
      const base = prepareLinear(ring, map, this.#masked[layer]!, a!, c, batch);
      wipeWords(c);
      const { bias } = layers[layer]!;
      if (bias !== undefined) ring.addInto(base, spreadBias(ring, map, bias, batch));
      return { mask: a!, base };
    });
    this.#prepared = { batch, dealt, linear };
    // All that the servers had to tell each other they have told in the setup.
    yield* receive(0);
  }

  /** From its share of the inputs to its share of the answer: see `answerBytes`. */
  *online(input: Uint8Array): Party<Uint8Array> {
    const prepared = this.#prepared;
    if (prepared === undefined) throw new CairnError('internal', 'nothing is prepared for this batch');
    this.#prepared = undefined;
    const { batch, dealt, linear } = prepared;
    try {
      let share = this.#ring.fromBytes(input);
      for (const step of this.#half.plan.steps) {
        if (step.kind === 'reveal') return yield* this.#reveal(step, share, batch, dealt);
        share = yield* this.#step(step, share, batch, dealt, linear);
      }
      throw new CairnError('internal', 'a plan that reveals nothing');
    } finally {
      this.#forget(linear);
      dealt.wipe();
    }
  }

  wipe(): void {
    this.#prg.wipe();
    if (this.#prepared === undefined) return;
    this.#forget(this.#prepared.linear);
    this.#prepared.dealt.wipe();
    this.#prepared = undefined;
  }

  #forget(linear: readonly { readonly mask: Words; readonly base: Words }[]): void {
    for (const { mask, base } of linear) {
      wipeWords(mask);
      wipeWords(base);
    }
  }

  #linear(): LinearStep[] {
    return this.#half.plan.steps.filter((step): step is LinearStep => step.kind === 'linear');
  }

  *#step(
    step: Exclude<Step, RevealStep>,
    share: Words,
    batch: number,
    dealt: Correlations,
    linear: readonly { readonly mask: Words; readonly base: Words }[],
  ): Party<Words> {
    const ring = this.#ring;
    switch (step.kind) {
      case 'linear': {
        const { mask, base } = linear[step.layer]!;
        const own = ring.subtract(share, mask);
        const opened = ring.fromBytes(yield* exchange(ring.toBytes(own)));
        ring.addInto(opened, own);
        return finishLinear(ring, step.map, this.#half.layers[step.layer]!.weights, opened, base, batch);
      }
      case 'rectify':
      case 'piecewise': {
        const circuit =
          step.kind === 'rectify' ? reluCircuit(step, ring.bits) : piecewiseCircuit(step, this.#half.plan);
        const part = takeTransfers(dealt, share.length * ring.bits);
        return this.#party === 0
          ? yield* garbledByGarbler(ring, circuit, share, part, this.#prg)
          : yield* garbledByEvaluator(ring, circuit, share, part);
      }
      case 'truncate':
        return truncateLocally(ring, share, step.shift, this.#party);
      case 'square':
        return yield* square(ring, this.#party, share, dealt);
      case 'sumPool':
        return windowSums(ring, step, share, batch);
      default:
        throw new CairnError('internal', `secureml has no ${step.kind}`);
    }
  }

  /** Its share of the answer: additive for scores, by XOR for the bits of a class, a row a bit. */
  *#reveal(step: RevealStep, share: Words, batch: number, dealt: Correlations): Party<Uint8Array> {
    if (step.what === 'scores') return this.#ring.toBytes(share);
    const circuit = argmaxCircuit(step, this.#ring.bits, true);
    const part = takeTransfers(dealt, share.length * this.#ring.bits);
    const values = rowsOfWords(this.#ring, share, batch, step.count);
    try {
      if (part.role === 'receiver') {
        const state = yield* evaluatorPrepare(circuit, batch, { transfers: part.receiver, own: values });
        return packRows((yield* evaluatorFinish(state, 'evaluator'))!);
      }
      const masks = this.#drawRows(circuit.outputs.length, batch);
      const own = stacked(values, masks);
      const state = yield* garble(circuit, batch, { transfers: part.sender, prg: this.#prg });
      yield* garblerFinish(state, own, 'evaluator');
      own.words.fill(0);
      return packRows(masks);
    } finally {
      values.words.fill(0);
    }
  }

  #drawRows(rows: number, lanes: number): Slices {
    const slices = zeroSlices(rows, lanes);
    slices.words.set(this.#prg.words(slices.words.length));
    return slices;
  }
}
