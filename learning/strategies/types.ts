/** What a strategy remembers from round to round: named vectors, each as long as the model. */
export type StrategyState = Readonly<Record<string, Float32Array>>;

/** A new model and the strategy's new state. */
export interface StrategyStep {
  readonly model: Float32Array;
  readonly state: StrategyState;
}

/**
 * How the mean update of a round becomes the next model. Pure: arguments are not changed. No coordinate depends on
 * another, so that parts of a model may be processed one by one.
 */
export interface Strategy {
  readonly name: string;
  /** The state before the first round, for a model of `size` parameters. */
  init(size: number): StrategyState;
  /**
   * @param model - the parameters that the round started from
   * @param update - the weighted mean of the clients' (new − old) parameters
   * @throws CairnError `update-shape` if any of them, or of the results, has another length than the model
   */
  apply(model: Float32Array, update: Float32Array, state: StrategyState): StrategyStep;
}

/** A strategy's name and options: missing options have their defaults. */
export interface StrategyConfig {
  readonly name: string;
  readonly [option: string]: unknown;
}

/** Options of the adaptive strategies (Reddi et al. 2021, Algorithm 2). */
export interface AdaptiveOptions {
  /** η: the server's learning rate. */
  readonly learningRate: number;
  /** β₁: decay of the mean of updates. */
  readonly beta1: number;
  /** τ: the degree of adaptivity, added to √v; v starts at τ². */
  readonly tau: number;
}
