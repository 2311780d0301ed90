import { CairnError } from '../protocol/errors.ts';
import { fetchFinalModel, type FinalModel, type FinalModelSource } from './final-model.ts';
import { hasEnded, type Tasks } from './tasks.ts';

/** Maximum delay of a timer. */
const MAX_MS = 2 ** 31 - 1;

/** When a participation ends by itself. */
export interface EndingOptions {
  /** Whether it never does, but waits for further rounds. */
  readonly stay: boolean;
  /** Milliseconds within which a stopped coordinator must be back. */
  readonly returnTimeoutMs: number;
  /** Longest pause before an attempt to connect again, in milliseconds: at first, and once the coordinator has stopped. */
  readonly pauses: { readonly seeking: number; readonly stopped: number };
  /** Receives the final models. */
  readonly onModel: ((model: FinalModel) => Promise<void> | void) | undefined;
}

/** What an ending needs of its participation. */
export interface EndingHost {
  readonly tasks: Tasks;
  readonly models: FinalModelSource;
  /** Sets the longest pause before an attempt to connect again. */
  readonly pauseAtMost: (ms: number) => void;
  /** Called when nothing is left to do, or when what was left has failed. */
  readonly over: (thrown?: unknown) => void;
}

/** Ends a participation when its tasks have ended, once their models are fetched, or when a stopped coordinator stays away. */
export class Ending {
  readonly #options: EndingOptions;
  readonly #host: EndingHost;
  readonly #cancelled = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #begun = false;

  constructor(options: EndingOptions, host: EndingHost) {
    this.#options = options;
    this.#host = host;
  }

  /** Reacts to news of a task. */
  look(): void {
    const { stay, returnTimeoutMs, pauses } = this.#options;
    const { tasks, pauseAtMost } = this.#host;
    pauseAtMost(tasks.stopped ? pauses.stopped : pauses.seeking);
    if (stay) return;
    if (!tasks.stopped) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else this.#timer ??= setTimeout(() => this.#host.over(), Math.min(returnTimeoutMs, MAX_MS));
    if (!tasks.ended || this.#begun) return;
    this.#begun = true;
    void this.#end();
  }

  /** Stops waiting. */
  close(): void {
    clearTimeout(this.#timer);
    this.#cancelled.abort();
  }

  async #end(): Promise<void> {
    try {
      await this.#handOver();
      this.#host.over();
    } catch (thrown) {
      this.#host.over(thrown);
    }
  }

  /** Fetches the models while the coordinator, which waits for its members, is still there. */
  async #handOver(): Promise<void> {
    const { onModel } = this.#options;
    if (onModel === undefined) return;
    for (const end of this.#host.tasks.ends) {
      if (!hasEnded(end.state) || end.round === 0) continue;
      const model = await fetchFinalModel(this.#host.models, end, this.#cancelled.signal);
      await taken(model, onModel);
    }
  }
}

/** @throws CairnError as thrown by `onModel`; `model-unsaved` for any other error */
async function taken(model: FinalModel, onModel: NonNullable<EndingOptions['onModel']>): Promise<void> {
  try {
    await onModel(model);
  } catch (cause) {
    if (cause instanceof CairnError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CairnError('model-unsaved', `the final model of ${model.task} was not accepted: ${why}`, { cause });
  }
}
