import { CairnError } from '../protocol/errors.ts';

type Tensors = Record<string, Float32Array>;

/** The result of evaluating a new model. */
export interface Evaluation {
  readonly loss: number;
  readonly accuracy: number;
  readonly examples: number;
}

/** Evaluates a model of a task on held-out data; undefined for a task without such data. */
export type Evaluate = (task: string, tensors: Tensors) => Promise<Evaluation | undefined>;

/** How much worse than the previous one a new model may be. */
export interface Validation {
  readonly metric: 'loss' | 'accuracy';
  /** In the metric's own units. */
  readonly tolerance: number;
}

/** How a new model compares with the previous one. */
export interface Verdict {
  readonly evaluation: Evaluation;
  /** Of the previous model. */
  readonly standing: Evaluation;
  /** Why the new model is rejected; undefined if it is accepted. */
  readonly worse: CairnError | undefined;
}

/** The metric that must be finite for a task without validation: the one that is shown. */
const SHOWN: Validation['metric'] = 'loss';

/**
 * Checks that an evaluation is meaningful: it must have examples, and a finite metric.
 * @param of names the evaluated model, for the message
 * @throws CairnError `data-empty`, `evaluation-not-finite`: both are the operator's fault, since the data and code are
 * the operator's
 */
export function assertEvaluation(
  { name, validation }: { readonly name: string; readonly validation?: Validation | undefined },
  evaluation: Evaluation,
  of: string,
): void {
  if (evaluation.examples <= 0) {
    throw new CairnError('data-empty', `task "${name}": the held-out data have no examples`, {
      hint: 'pass data with at least one example (cairn coordinator --held-out), or leave them out',
    });
  }
  const metric = validation?.metric ?? SHOWN;
  if (Number.isFinite(evaluation[metric])) return;
  throw new CairnError(
    'evaluation-not-finite',
    `task "${name}": on the coordinator’s held-out data ${of} has ${metric} ${evaluation[metric]}`,
  );
}

/** Compares new models with the current one on held-out data, and remembers the current one's evaluation. */
export class HeldOut {
  readonly #task: string;
  readonly #validation: Validation;
  readonly #evaluate: Evaluate;
  #known: { readonly hash: string; readonly evaluation: Evaluation } | undefined;

  constructor(task: string, validation: Validation, evaluate: Evaluate) {
    this.#task = task;
    this.#validation = validation;
    this.#evaluate = evaluate;
  }

  /**
   * Evaluates the current model before the first round, so that useless data are found before members train. A model
   * from earlier rounds may itself have an infinite loss or NaN; any finite result may follow it.
   * @param first whether no round has committed
   * @throws CairnError `data-empty`, `data-missing`; `evaluation-not-finite` for a first model; what the evaluation throws
   */
  async begin(standing: { readonly hash: string; readonly tensors: Tensors }, first: boolean): Promise<void> {
    const evaluation = await this.#look(standing.tensors);
    const { examples } = evaluation;
    const what = { name: this.#task, validation: this.#validation };
    assertEvaluation(what, first ? evaluation : { loss: 0, accuracy: 0, examples }, 'the first model');
    this.#known = { hash: standing.hash, evaluation };
  }

  /**
   * Evaluates a candidate, and the current model if that has not been done yet, as after the model was moved.
   *
   * A candidate itself is finite. If its evaluation is not, the data or the evaluation code cannot judge it, which is
   * not its members' fault: it is rejected, since otherwise a party that can make an evaluation fail would pass any
   * check; but it does not count as worse, and no member is excluded.
   * @param standing - hash and values of the current model
   * @throws whatever the evaluation throws, CairnError `data-missing` if there is none: a model that cannot be
   * evaluated is rejected; `evaluation-not-finite`, `data-empty`
   */
  async judge(standing: { readonly hash: string; readonly tensors: Tensors }, candidate: Tensors): Promise<Verdict> {
    if (this.#known?.hash !== standing.hash) {
      this.#known = { hash: standing.hash, evaluation: await this.#look(standing.tensors) };
    }
    const before = this.#known.evaluation;
    const evaluation = await this.#look(candidate);
    assertEvaluation({ name: this.#task, validation: this.#validation }, evaluation, 'the new model');
    return { evaluation, standing: before, worse: this.#worse(before, evaluation) };
  }

  /** A candidate has become the current model. */
  adopted(hash: string, evaluation: Evaluation): void {
    this.#known = { hash, evaluation };
  }

  async #look(tensors: Tensors): Promise<Evaluation> {
    const evaluation = await this.#evaluate(this.#task, tensors);
    if (evaluation !== undefined) return evaluation;
    throw new CairnError('data-missing', `task "${this.#task}": it has no held-out data`, {
      hint: 'pass the data (cairn coordinator --held-out), or leave validation out of the task',
    });
  }

  #worse(before: Evaluation, after: Evaluation): CairnError | undefined {
    const { metric, tolerance } = this.#validation;
    const [was, is] = [before[metric], after[metric]];
    const good = metric === 'loss' ? is <= was + tolerance : is >= was - tolerance;
    // If the current model itself evaluates to NaN, any finite result may follow it.
    if (good || Number.isNaN(was)) return undefined;
    return new CairnError(
      'model-worse',
      `on held-out data the new model has ${metric} ${is.toPrecision(4)}, the previous one ${was.toPrecision(4)}, and the tolerance is ${tolerance}`,
    );
  }
}
