import type { Shapes } from '../protocol/model/index.ts';

/** What a round tells an app about the training it requests. */
export interface TrainingContext {
  /** Name of the task. */
  readonly task: string;
  /** Number of the round within the task, from 1. */
  readonly round: number;
  /** The task's options for local training, from the round's settings. Everything in it comes from the coordinator. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Aborted when the result is no longer needed: the model has moved on, or the client leaves. */
  readonly signal: AbortSignal;
  /**
   * For shuffling and the like, 0 … 2^32 − 1: the same for the same model, {@link repeat} and options, whatever the
   * task and round. Derive all of a training's randomness from it: the client sends the same update from one model, or
   * none, and a restarted client has to train the same one again.
   */
  readonly seed: number;
  /**
   * How often members have been asked to retrain from this model, from 0. Above 0 a training should differ from earlier
   * ones, even if it uses no randomness: the built-in engine omits a tenth of the examples, drawn by
   * {@link subsetSeed}. If only one member's update changed, two sums would give away the change.
   */
  readonly repeat: number;
  /** For choosing examples, 0 … 2^53 − 1: it follows from {@link repeat}, the model and a secret of this client. */
  readonly subsetSeed: number;
}

/** The result of local training. Only a masked sum that contains it ever leaves the client. */
export interface TrainingResult {
  /** Every tensor of the model after training, in row-major order. They may be views that the app reuses. */
  readonly parameters: Readonly<Record<string, Float32Array>>;
  /** Number of examples trained on, from 1. */
  readonly examples: number;
  /** Mean loss over them. */
  readonly loss: number;
  /** Share of them classified correctly, 0 … 1; 0 if it does not apply. */
  readonly accuracy: number;
}

/** How well a model does on an app's data. */
export interface Metrics {
  readonly examples: number;
  readonly loss: number;
  readonly accuracy: number;
}

/**
 * A model, the client's own data, and how the one is trained on the other: everything a client needs to take part. Any
 * ML library fits, since parameters are plain named arrays.
 */
export interface App<Data = unknown> {
  /** Name and shape of every tensor that is trained together. */
  readonly shapes: Shapes;
  /**
   * Names of tensors that no gradient changes, such as batch norm's running moments: they are averaged, but take no
   * part in the clip of the others. The task must name the same ones, or its rounds are refused. Default: none.
   */
  readonly untrained?: readonly string[];
  /**
   * Loads the data: called once, before the client connects. Its result is passed to {@link train} and nowhere else.
   * @throws CairnError `data-…`, or anything else: the client does not join
   */
  data(): Data | Promise<Data>;
  /**
   * What the training runs on, in a few words for people, such as a library's backend: called once the data are loaded,
   * and reported by the event `engine`.
   */
  runsOn?(): string;
  /**
   * Trains from the given parameters, which it may overwrite. It should check `context.signal`, and yield to the event
   * loop at least every few seconds, so that the connection's heartbeats are answered.
   */
  train(parameters: Record<string, Float32Array>, data: Data, context: TrainingContext): Promise<TrainingResult>;
  /** Measures parameters on the data. The protocol never calls it; commands and tests do. */
  evaluate?(parameters: Record<string, Float32Array>, data: Data): Promise<Metrics>;
}
