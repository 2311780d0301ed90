import { CairnError } from '../../protocol/errors.ts';
import type { RandomSource } from '../../protocol/crypto/index.ts';
import { type Correlations, type TransferPart, weightMask } from '../../protocol/mpc/dealer/index.ts';
import { garble, type GarblerState, garblerFinish } from '../../protocol/mpc/garbling/index.ts';
import { type Party, Prg, receive, send } from '../../protocol/mpc/index.ts';
import {
  finishLinear,
  mapSizes,
  type PreparedMaps,
  type Ring,
  spreadBias,
  type Words,
  wipeWords,
  ringOf,
} from '../../protocol/mpc/sharing/index.ts';
import type { QuantisedLayer } from '../plan/quantise.ts';
import { traceOf } from '../plan/trace.ts';
import type { LinearStep, PiecewiseStep, Plan, RevealStep, Step } from '../plan/types.ts';
import { argmaxCircuit, piecewiseCircuit } from '../shares/circuits.ts';
import { garbledByGarbler } from '../shares/garbled.ts';
import { rowsOfWords } from '../shares/rearrange.ts';
import type { OwnerSide } from '../systems.ts';
import { garbledParts, OWNER, sharedStep } from './steps.ts';

/** A model as its owner serves it. */
export interface OwnedModel {
  readonly plan: Plan;
  /** Weights and biases by linear layer; see `quantise`. */
  readonly layers: readonly QuantisedLayer[];
  /**
   * 32 bytes from which the masks of the weights are drawn. The dealer has the same. It serves this model alone, and all
   * who ask get the same masked weights.
   */
  readonly maskSeed: Uint8Array;
  readonly random: RandomSource;
}

/** What all connections of an owner share: the model, with its weights where they are applied. */
export interface ChameleonModel extends OwnedModel {
  readonly prepared: PreparedMaps<Words>;
}

/** Keeps a model's weights ready for all connections; its `prepared` is wiped when it is no longer served. */
export function chameleonModel(model: OwnedModel): ChameleonModel {
  const maps = model.plan.steps
    .filter((step): step is LinearStep => step.kind === 'linear')
    .map(({ map, layer }) => ({ map, weights: model.layers[layer]!.weights }));
  return { ...model, prepared: ringOf(model.plan.bits).prepare(maps) };
}

/** What is prepared for one batch. */
interface Prepared {
  readonly batch: number;
  readonly dealt: Correlations;
  /** By linear layer: this party's share of C with the bias. */
  readonly bases: readonly Words[];
  readonly argmax: GarblerState | undefined;
  /** What the garbled circuits take, by step. */
  readonly transfers: readonly (TransferPart | undefined)[];
}

/**
 * The model's owner, in Chameleon (Riazi et al. 2018): party 0, who garbles. All that it receives is uniform, and it
 * learns nothing of questions and answers but how many they are. Holds while it follows the protocol and does not collude
 * with the dealer; one that computes something else makes answers wrong, and no asker notices.
 */
export class ChameleonOwner implements OwnerSide {
  readonly #model: ChameleonModel;
  readonly #ring: Ring;
  readonly #steps: readonly Step[];
  #prepared: Prepared | undefined;

  constructor(model: ChameleonModel) {
    this.#model = model;
    this.#ring = ringOf(model.plan.bits);
    this.#steps = model.plan.steps;
  }

  /** Sends the masked weights, E = W − B. */
  *setup(): Party<void> {
    const { plan, layers, maskSeed } = this.#model;
    for (const { map, layer } of this.#linear()) {
      const mask = weightMask(maskSeed, { map, layer, bits: plan.bits });
      yield* send(this.#ring.toBytes(this.#ring.subtract(layers[layer]!.weights, mask)));
      wipeWords(mask);
    }
  }

  *offline(batch: number, dealt: Correlations): Party<void> {
    const { plan, layers } = this.#model;
    const bases = this.#linear().map(({ map, layer }) => {
      const { c } = dealt.take({ kind: 'linear', form: 'one-sided', map, batch, bits: plan.bits, layer });
      const { bias } = layers[layer]!;
      if (bias !== undefined) this.#ring.addInto(c, spreadBias(this.#ring, map, bias, batch));
      return c;
    });
    const transfers = garbledParts(plan, batch, dealt);
    const reveal = this.#steps.at(-1) as RevealStep;
    const argmax =
      reveal.what === 'class' && this.#linearAtEnd()
        ? yield* this.#prepareArgmax(reveal, batch, transfers.at(-1)!)
        : undefined;
    this.#prepared = { batch, dealt, bases, argmax, transfers };
  }

  *online(): Party<void> {
    const prepared = this.#prepared;
    if (prepared === undefined) throw new CairnError('internal', 'nothing is prepared for this batch');
    this.#prepared = undefined;
    const { batch, dealt, bases, transfers } = prepared;
    const ring = this.#ring;
    try {
      let share = ring.zeros(batch * traceOf(this.#model.plan).inputs);
      for (const [at, step] of this.#steps.entries()) {
        if (step.kind === 'linear') share = yield* this.#apply(step, share, bases[step.layer]!, batch);
        else if (step.kind === 'reveal') yield* this.#reveal(step, prepared, share);
        else if (step.kind === 'piecewise') share = yield* this.#piecewise(step, share, transfers[at]!);
        else share = yield* sharedStep(ring, OWNER, step, share, batch, dealt);
      }
      wipeWords(share);
    } finally {
      for (const base of bases) wipeWords(base);
      dealt.wipe();
    }
  }

  wipe(): void {
    for (const base of this.#prepared?.bases ?? []) wipeWords(base);
    this.#prepared?.dealt.wipe();
    this.#prepared = undefined;
  }

  #linear(): LinearStep[] {
    return this.#steps.filter((step): step is LinearStep => step.kind === 'linear');
  }

  /** Whether the asker knows its share of what is revealed before it asks. */
  #linearAtEnd(): boolean {
    const last = this.#steps.findLastIndex(({ kind }) => kind === 'linear');
    return this.#steps.slice(last + 1, -1).every(({ kind }) => kind === 'sumPool');
  }

  *#apply({ map, layer }: LinearStep, share: Words, base: Words, batch: number): Party<Words> {
    const ring = this.#ring;
    const opened = ring.fromBytes(yield* receive(batch * mapSizes(map).inputs * ring.bytes));
    ring.addInto(opened, share);
    const result = finishLinear(ring, map, this.#model.prepared.maps[layer]!, opened, base, batch);
    wipeWords(share);
    return result;
  }

  *#piecewise(step: PiecewiseStep, share: Words, part: TransferPart): Party<Words> {
    const { plan, random } = this.#model;
    const prg = new Prg(random(32));
    try {
      return yield* garbledByGarbler(this.#ring, piecewiseCircuit(step, plan), share, part, prg);
    } finally {
      prg.wipe();
    }
  }

  *#prepareArgmax(reveal: RevealStep, batch: number, part: TransferPart): Party<GarblerState> {
    const { plan, random } = this.#model;
    if (part.role !== 'sender') throw new CairnError('internal', 'the owner is the sender of transfers');
    const prg = new Prg(random(32));
    try {
      return yield* garble(argmaxCircuit(reveal, plan.bits, false), batch, { transfers: part.sender, prg });
    } finally {
      prg.wipe();
    }
  }

  *#reveal(reveal: RevealStep, { batch, argmax, transfers }: Prepared, share: Words): Party<void> {
    if (reveal.what === 'scores') {
      yield* send(this.#ring.toBytes(share));
      return;
    }
    const state = argmax ?? (yield* this.#prepareArgmax(reveal, batch, transfers.at(-1)!));
    const own = rowsOfWords(this.#ring, share, batch, reveal.count);
    yield* garblerFinish(state, own, 'evaluator');
    own.words.fill(0);
  }
}
