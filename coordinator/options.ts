import type { Scheme } from '../protocol/rounds/index.ts';
import type { Primitives, RandomSource } from '../protocol/crypto/index.ts';
import type { OwnLearning } from '../learning/index.ts';
import type { CoordinatorConfig } from './config/index.ts';
import type { CoordinatorEvents } from './events.ts';
import type { MemberName } from './member-name.ts';
import type { Log } from './log.ts';
import type { Evaluate, InitialModel, TaskStatus } from './rounds/index.ts';
import type { Store } from './store/index.ts';

/** Options for creating a coordinator. */
export interface CoordinatorOptions extends OwnLearning {
  readonly config: CoordinatorConfig;
  /** Evaluates each new model; its result appears in the round's report. */
  readonly evaluate?: Evaluate;
  /** Models to start tasks from, by task; they take precedence over the configuration's. */
  readonly initialModels?: Readonly<Record<string, InitialModel>>;
  /**
   * Where models, tasks and reports are kept: a URL as `openStore` takes it, or an open store, which stays open after the
   * coordinator has stopped. Default: `file:` and the configuration's `dataDir`.
   */
  readonly store?: Store | string;
  /** Default: JSON lines on stderr at the configuration's level. */
  readonly log?: Log;
  /** Version of the package, for the API. */
  readonly version?: string;
  /** Default: Node's own. */
  readonly primitives?: Primitives;
  /** CSPRNG for nonces, challenges, tokens and cohorts. Default: the platform's. */
  readonly random?: RandomSource;
  /**
   * Schemes that it supports; the first is the one that its own rounds use. The configuration file cannot set them.
   * Default: only secure aggregation.
   */
  readonly schemes?: readonly Scheme[];
  /** Seconds since 1970 (UTC), by which the directory and its members expire. Default: the system's clock. */
  readonly clock?: () => number;
  /** Members may connect at once, but no task runs its first round before this resolves. Default: no delay. */
  readonly begin?: Promise<void>;
}

/** A coordinator that listens and runs its tasks. */
export interface Coordinator {
  /** Address that clients join. */
  readonly url: string;
  readonly port: number;
  /**
   * Settles when every task has ended: resolves when all rounds have committed or {@link stop} was called, rejects with
   * the error of the first task that failed. The coordinator keeps serving models and status.
   */
  readonly finished: Promise<void>;
  /** A member's name: the directory's, or the one that a guest claims; undefined if it has none. */
  nameOf(member: number): MemberName | undefined;
  /** The status of each task. */
  readonly tasks: readonly TaskStatus[];
  /** The current parameters of a task's model, copied; undefined for an unknown task. */
  model(task: string): Record<string, Float32Array> | undefined;
  /** Subscribes to events. @returns a function that ends the subscription */
  on<Name extends keyof CoordinatorEvents>(
    name: Name,
    listener: (...args: CoordinatorEvents[Name]) => void,
  ): () => void;
  /**
   * Waits until no client has a seat any more, connected or within the grace period: clients leave by themselves once
   * they know that all their tasks have ended, and have fetched the models if they want them.
   * @param ms maximum wait; default: 30 seconds
   */
  farewell(ms?: number): Promise<void>;
  /**
   * Abandons rounds, tells their members, closes every connection and stops listening. Members that are briefly
   * disconnected get a moment to come back and be told, too. May be called twice.
   */
  stop(): Promise<void>;
}
