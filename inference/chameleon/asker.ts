import { CairnError } from '../../protocol/errors.ts';
import type { Correlations, TransferPart } from '../../protocol/mpc/dealer/index.ts';
import { type EvaluatorState, evaluatorFinish, evaluatorPrepare } from '../../protocol/mpc/garbling/index.ts';
import {
  mapSizes,
  prepareLinear,
  type Ring,
  type Words,
  wipeWords,
  type LinearMap,
  type PreparedMaps,
  ringOf,
} from '../../protocol/mpc/sharing/index.ts';
import { type Party, receive, send } from '../../protocol/mpc/index.ts';
import type { LinearStep, Plan, RevealStep, Step } from '../plan/types.ts';
import { classesOf, revealed } from '../shares/answer.ts';
import { argmaxCircuit, piecewiseCircuit } from '../shares/circuits.ts';
import { garbledByEvaluator } from '../shares/garbled.ts';
import { rowsOfWords, windowSums } from '../shares/rearrange.ts';
import type { Answer, AskerSide } from '../systems.ts';
import { ASKER, garbledParts, sharedStep } from './steps.ts';

/** What is prepared for one batch. */
interface Prepared {
  readonly batch: number;
  readonly dealt: Correlations;
  /** By linear layer: the mask A of its input, and this party's share of its output. */
  readonly linear: readonly { readonly mask: Words; readonly share: Words }[];
  /** The last step's circuit, if this party's input of it was known before the question. */
  readonly argmax: EvaluatorState | undefined;
  /** What the garbled circuits take, by step. */
  readonly transfers: readonly (TransferPart | undefined)[];
}

/**
 * Who asks, in Chameleon (Riazi et al. 2018): party 1. All that it receives before its answer is uniform: masked weights,
 * and the openings of GMW. It learns the answer and, from the plan, the network's shape. Holds while it follows the
 * protocol and does not collude with the dealer; one that sends other bits can make results wrong for itself.
 */
export class ChameleonAsker implements AskerSide {
  readonly #plan: Plan;
  readonly #ring: Ring;
  readonly #steps: readonly Step[];
  /** E = W − B by linear layer. */
  #masked: PreparedMaps<Words> | undefined;
  #prepared: Prepared | undefined;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#ring = ringOf(plan.bits);
    this.#steps = plan.steps;
  }

  /** Receives the masked weights. */
  *setup(): Party<void> {
    const masked: { map: LinearMap; weights: Words }[] = [];
    for (const { map } of this.#linear()) {
      const weights = this.#ring.fromBytes(yield* receive(mapSizes(map).weights * this.#ring.bytes));
      masked.push({ map, weights });
    }
    this.#masked = this.#ring.prepare(masked);
  }

  *offline(batch: number, dealt: Correlations): Party<void> {
    const linear = this.#linear().map((step) => {
      const { map, layer } = step;
      const { bits } = this.#plan;
      const { a, c } = dealt.take({ kind: 'linear', form: 'one-sided', map, batch, bits, layer });
      const share = prepareLinear(this.#ring, map, this.#masked!.maps[layer]!, a!, c, batch);
      wipeWords(c);
      return { mask: a!, share };
    });
    const transfers = garbledParts(this.#plan, batch, dealt);
    const reveal = this.#steps.at(-1) as RevealStep;
    const known = this.#knownAtEnd(linear.at(-1)!.share, batch);
    const argmax =
      reveal.what === 'class' && known !== undefined
        ? yield* this.#prepareArgmax(reveal, known, batch, transfers.at(-1)!)
        : undefined;
    this.#prepared = { batch, dealt, linear, argmax, transfers };
  }

  *online(input: Words): Party<Answer> {
    const prepared = this.#prepared;
    if (prepared === undefined) throw new CairnError('internal', 'nothing is prepared for this batch');
    this.#prepared = undefined;
    const { batch, dealt, linear, transfers } = prepared;
    const ring = this.#ring;
    try {
      let share = input;
      for (const [at, step] of this.#steps.entries()) {
        if (step.kind === 'linear') {
          const { mask, share: next } = linear[step.layer]!;
          yield* send(ring.toBytes(ring.subtract(share, mask)));
          wipeWords(mask);
          share = next;
        } else if (step.kind === 'reveal') {
          return step.what === 'scores' ? yield* this.#scores(share) : yield* this.#classes(step, prepared, share);
        } else if (step.kind === 'piecewise') {
          share = yield* garbledByEvaluator(ring, piecewiseCircuit(step, this.#plan), share, transfers[at]!);
        } else {
          share = yield* sharedStep(ring, ASKER, step, share, batch, dealt);
        }
      }
      throw new CairnError('internal', 'a plan that reveals nothing');
    } finally {
      for (const { mask, share } of linear) {
        wipeWords(mask);
        wipeWords(share);
      }
      dealt.wipe();
    }
  }

  wipe(): void {
    this.#masked?.wipe();
    for (const { mask, share } of this.#prepared?.linear ?? []) {
      wipeWords(mask);
      wipeWords(share);
    }
    this.#prepared?.dealt.wipe();
    this.#prepared = undefined;
  }

  #linear(): LinearStep[] {
    return this.#steps.filter((step): step is LinearStep => step.kind === 'linear');
  }

  /** This party's share of what is revealed, if it follows from the last linear layer's without the other party. */
  #knownAtEnd(share: Words, batch: number): Words | undefined {
    const last = this.#steps.findLastIndex(({ kind }) => kind === 'linear');
    let known = share;
    for (const step of this.#steps.slice(last + 1, -1)) {
      if (step.kind !== 'sumPool') return undefined;
      known = windowSums(this.#ring, step, known, batch);
    }
    return known;
  }

  *#prepareArgmax(reveal: RevealStep, share: Words, batch: number, part: TransferPart): Party<EvaluatorState> {
    const { bits } = this.#plan;
    if (part.role !== 'receiver') throw new CairnError('internal', 'the asker is the receiver of transfers');
    const own = rowsOfWords(this.#ring, share, batch, reveal.count);
    try {
      return yield* evaluatorPrepare(argmaxCircuit(reveal, bits, false), batch, { transfers: part.receiver, own });
    } finally {
      own.words.fill(0);
    }
  }

  *#classes(reveal: RevealStep, { argmax, batch, transfers }: Prepared, share: Words): Party<Answer> {
    const state = argmax ?? (yield* this.#prepareArgmax(reveal, share, batch, transfers.at(-1)!));
    return { classes: classesOf((yield* evaluatorFinish(state, 'evaluator'))!) };
  }

  *#scores(share: Words): Party<Answer> {
    const ring = this.#ring;
    const theirs = ring.fromBytes(yield* receive(share.length * ring.bytes));
    ring.addInto(theirs, share);
    return revealed(this.#plan, theirs);
  }
}
