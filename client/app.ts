import type { Shapes } from '../protocol/model/layout.ts';

/** What a round tells an app about the training it asks for. */
export interface TrainingContext {
  /** Name of the task. */
  readonly task: string;
  /** Number of the round within the task, from 1. */
  readonly round: number;
  /** The task's options for local training, from the round's settings. Everything in it comes from the coordinator. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Aborted when nobody wants the result any more: the model has moved on, or the client leaves. */
  readonly signal: AbortSignal;
  /** For shuffling and the like, 0 … 2^32 − 1. The same for a repeated attempt at a round, if the client has a seed. */
  readonly seed: number;
}

/** What local training gives. Only a masked sum that contains it ever leaves the client. */
export interface TrainingResult {
  /** Every tensor of the model after training, in row-major order. They may be views that the app uses again. */
  readonly parameters: Readonly<Record<string, Float32Array>>;
  /** Number of examples trained on, from 1. */
  readonly examples: number;
  /** Mean loss over them. */
  readonly loss: number;
  /** Share of them that was classified rightly, 0 … 1; 0 where it means nothing. */
  readonly accuracy: number;
}

/** How well a model does on an app's data. */
export interface Metrics {
  readonly examples: number;
  readonly loss: number;
  readonly accuracy: number;
}

/**
 * A model, the client's own data, and how the one is trained on the other: all that a client needs to take part. Any ML
 * library fits behind it, since parameters are plain named arrays.
 */
export interface App<Data = unknown> {
  /** Name and shape of every tensor that is trained together. */
  readonly shapes: Shapes;
  /**
   * Loads the data: called once, before the client connects. What it returns is handed to {@link train} and goes
   * nowhere else.
   * @throws CairnError `data-…`, or anything else: the client does not join
   */
  data(): Data | Promise<Data>;
  /**
   * Trains from the given parameters, which it may overwrite. It should look at `context.signal`, and yield to the event
   * loop at least every few seconds, so that the connection's heartbeats are answered.
   */
  train(parameters: Record<string, Float32Array>, data: Data, context: TrainingContext): Promise<TrainingResult>;
  /** Measures parameters on the data. The protocol never calls it; commands and tests do. */
  evaluate?(parameters: Record<string, Float32Array>, data: Data): Promise<Metrics>;
}
