import { CairnError } from '../protocol/errors.ts';

type Tensors = Record<string, Float32Array>;

/** What an evaluation of a new model says. */
export interface Evaluation {
  readonly loss: number;
  readonly accuracy: number;
  readonly examples: number;
}

/** Evaluates a model of a task on held-out data; undefined for a task for which there are none. */
export type Evaluate = (task: string, tensors: Tensors) => Promise<Evaluation | undefined>;

/** What a new model may be worse by than the one before. */
export interface Validation {
  readonly metric: 'loss' | 'accuracy';
  /** In the metric's own units. */
  readonly tolerance: number;
}

/** How a new model did beside the one before. */
export interface Verdict {
  readonly evaluation: Evaluation;
  /** Of the model before. */
  readonly standing: Evaluation;
  /** Why the new model is not taken; undefined where it is. */
  readonly worse: CairnError | undefined;
}

/** What a task's models are judged by where it checks none: what is shown of them. */
const SHOWN: Validation['metric'] = 'loss';

/**
 * Whether an evaluation says something: it must be of examples, and a finite number.
 * @param of the model that was evaluated, for the message
 * @throws CairnError `data-empty`, `evaluation-not-finite`: both are the operator's fault, whose data and code these are
 */
export function assertEvaluation(
  { name, validation }: { readonly name: string; readonly validation?: Validation | undefined },
  evaluation: Evaluation,
  of: string,
): void {
  if (evaluation.examples <= 0) {
    throw new CairnError('data-empty', `task "${name}": its held-out data have no examples`, {
      hint: 'name data with at least one example (cairn coordinator --held-out), or leave them out',
    });
  }
  const metric = validation?.metric ?? SHOWN;
  if (Number.isFinite(evaluation[metric])) return;
  throw new CairnError(
    'evaluation-not-finite',
    `task "${name}": the coordinator’s held-out data give ${of} ${metric} ${evaluation[metric]}`,
  );
}

/** Holds new models against the one that stands, on held-out data, and remembers how that one did. */
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
   * Evaluates the model that stands before the first round, so that data that judge nothing are found before members train.
   * A model that rounds have led to may itself be beyond all numbers; whatever is a number may follow it.
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
   * Evaluates a candidate, and the standing model where that has not been done yet, as after a step of the model.
   *
   * A candidate is finite itself. Where its evaluation is not, the data or the code that evaluates cannot judge it, which is
   * nothing that its members have done: it is not taken, since whoever can make an evaluation fail would pass any check
   * then; nor is it said to be worse, and nobody is left out.
   * @param standing - hash and values of the model that stands
   * @throws whatever the evaluation throws, CairnError `data-missing` where there is none: a model that cannot be looked at is
   * not taken; `evaluation-not-finite`, `data-empty`
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

  /** A candidate stands now. */
  adopted(hash: string, evaluation: Evaluation): void {
    this.#known = { hash, evaluation };
  }

  async #look(tensors: Tensors): Promise<Evaluation> {
    const evaluation = await this.#evaluate(this.#task, tensors);
    if (evaluation !== undefined) return evaluation;
    throw new CairnError('data-missing', `task "${this.#task}": there are no held-out data for it`, {
      hint: 'name the data (cairn coordinator --held-out), or leave validation out of the task',
    });
  }

  #worse(before: Evaluation, after: Evaluation): CairnError | undefined {
    const { metric, tolerance } = this.#validation;
    const [was, is] = [before[metric], after[metric]];
    const good = metric === 'loss' ? is <= was + tolerance : is >= was - tolerance;
    // A model that is itself no number cannot be missed: whatever is a number may follow it.
    if (good || Number.isNaN(was)) return undefined;
    return new CairnError(
      'model-worse',
      `on held-out data the new model has ${metric} ${is.toPrecision(4)}, the one before ${was.toPrecision(4)}, and ${tolerance} is tolerated`,
    );
  }
}
