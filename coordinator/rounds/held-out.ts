import { CairnError } from '../../protocol/errors.ts';
import type { TaskConfig } from '../config/index.ts';
import type { Evaluation } from '../report.ts';
import type { Evaluate } from './host.ts';

type Tensors = Record<string, Float32Array>;

/** How a new model did beside the one before. */
export interface Verdict {
  readonly evaluation: Evaluation;
  /** Of the model before. */
  readonly standing: Evaluation;
  /** Why the new model is not taken; undefined where it is. */
  readonly worse: CairnError | undefined;
}

/** Holds new models against the one that stands, on held-out data, and remembers how that one did. */
export class HeldOut {
  readonly #task: string;
  readonly #check: NonNullable<TaskConfig['check']>;
  readonly #evaluate: Evaluate;
  #known: { readonly hash: string; readonly evaluation: Evaluation } | undefined;

  constructor(task: string, check: NonNullable<TaskConfig['check']>, evaluate: Evaluate) {
    this.#task = task;
    this.#check = check;
    this.#evaluate = evaluate;
  }

  /**
   * Evaluates a candidate, and the standing model where that has not been done yet, as after a start.
   * @param standing - hash and values of the model that stands
   * @throws whatever the evaluation throws, CairnError `data-missing` where there is none: a model that cannot be looked at is
   * not taken
   */
  async judge(standing: { readonly hash: string; readonly tensors: Tensors }, candidate: Tensors): Promise<Verdict> {
    if (this.#known?.hash !== standing.hash) {
      this.#known = { hash: standing.hash, evaluation: await this.#look(standing.tensors) };
    }
    const before = this.#known.evaluation;
    const evaluation = await this.#look(candidate);
    return { evaluation, standing: before, worse: this.#worse(before, evaluation) };
  }

  /** A candidate stands now. */
  adopted(hash: string, evaluation: Evaluation): void {
    this.#known = { hash, evaluation };
  }

  async #look(tensors: Tensors): Promise<Evaluation> {
    const evaluation = await this.#evaluate(this.#task, tensors);
    if (evaluation !== undefined) return evaluation;
    throw new CairnError('data-missing', `task "${this.#task}": there are no held-out data for it`, {
      hint: 'name the data (cairn coordinator --held-out), or leave check out of the task',
    });
  }

  #worse(before: Evaluation, after: Evaluation): CairnError | undefined {
    const { metric, tolerance } = this.#check;
    const [was, is] = [before[metric], after[metric]];
    // Asked this way round, so that NaN is worse than anything.
    const good = metric === 'loss' ? is <= was + tolerance : is >= was - tolerance;
    // A model that is itself no number cannot be missed: whatever is a number may follow it.
    if (good || (Number.isNaN(was) && !Number.isNaN(is))) return undefined;
    return new CairnError(
      'model-worse',
      `on held-out data the new model has ${metric} ${is.toPrecision(4)}, the one before ${was.toPrecision(4)}, and ${tolerance} is tolerated`,
    );
  }
}
