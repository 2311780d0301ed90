import { toHex } from '../../protocol/crypto/bytes.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { RoundSettings } from '../../protocol/wire/settings.ts';

/** What training gave, ready to be quantized. */
export interface LocalUpdate {
  /** New minus old parameters in layout order. */
  readonly update: Float32Array;
  readonly examples: number;
  readonly loss: number;
  readonly accuracy: number;
}

interface Kept {
  readonly key: string;
  readonly result: Promise<LocalUpdate>;
  readonly controller: AbortController;
  /** The update once it is there, to be zeroed when it is dropped. */
  ready: LocalUpdate | undefined;
}

/** Tasks whose update is kept at the same time; the names come from the coordinator, so there is an end to them. */
const MOST_TASKS = 8;

/** What an update was trained from and how: task, model and options. Updates of one key are worth the same to a round. */
function keyOf({ task, modelHash, training }: RoundSettings): string {
  return JSON.stringify([task, toHex(modelHash), training]);
}

/**
 * Keeps each task's update until a round that includes it commits.
 *
 * An update belongs to a key: the task, the hash of the model it was trained from, and the text of the training options.
 * A round that is abandoned, or that loses this client on the way, is tried again from the same model: then the key is
 * the same and the kept update takes part without another training, even if that training was still running when the
 * round ended. Once the model has moved on, the key is another: the old update is dropped, since it points from a model
 * that nobody has any more, and the same data is trained on again from the new one. So no data is lost either way.
 *
 * What this costs: a coordinator that calls a round abandoned although it has the sum, and repeats it with one member
 * less, would learn that member's update as the difference. Training again would hide it only behind the training's own
 * noise. So clients refuse sums that differ too little (`repeatDifference` of their policy); what they cannot see of it
 * takes differential privacy.
 */
export class UpdateKeeper {
  readonly #kept = new Map<string, Kept>();
  /** How often an update of a task's latest key has been in a sum. */
  readonly #summed = new Map<string, { readonly key: string; readonly times: number }>();
  #training: Promise<unknown> = Promise.resolve();
  #closed = false;

  /**
   * The update for a round: the kept one, or what `train` gives. One training runs at a time, since an app may train in
   * place; one that another round makes useless is aborted first.
   * @param train is told how many updates of the same task, model and options have been in a sum before: where the model
   * that came of one was rolled back, another like it would be too
   * @returns the update, and whether it was kept from an earlier attempt
   * @throws whatever `train` throws; then nothing is kept
   */
  async obtain(
    settings: RoundSettings,
    train: (signal: AbortSignal, earlier: number) => Promise<LocalUpdate>,
  ): Promise<{ readonly update: LocalUpdate; readonly kept: boolean }> {
    if (this.#closed) throw new CairnError('member-left', 'the client is leaving');
    const key = keyOf(settings);
    const found = this.#kept.get(settings.task);
    if (found?.key === key && !found.controller.signal.aborted) return { update: await found.result, kept: true };
    this.drop(settings.task);
    for (const other of this.#kept.values()) if (other.ready === undefined) other.controller.abort();
    const summed = this.#summed.get(settings.task);
    const earlier = summed?.key === key ? summed.times : 0;
    const started = this.#start(settings.task, key, (signal) => train(signal, earlier));
    return { update: await started.result, kept: false };
  }

  /** Forgets a task's update, which has done its work or points from an old model. A running training is aborted. */
  drop(task: string): void {
    const entry = this.#kept.get(task);
    if (entry === undefined) return;
    this.#kept.delete(task);
    entry.controller.abort();
    entry.ready?.update.fill(0);
  }

  /** Drops the update that a committed round has included, and only that one. */
  included(settings: RoundSettings): void {
    const key = keyOf(settings);
    if (this.#kept.get(settings.task)?.key !== key) return;
    this.drop(settings.task);
    const summed = this.#summed.get(settings.task);
    this.#summed.delete(settings.task);
    this.#summed.set(settings.task, { key, times: summed?.key === key ? summed.times + 1 : 1 });
    for (const oldest of this.#summed.keys()) if (this.#summed.size > MOST_TASKS) this.#summed.delete(oldest);
  }

  /** Aborts every training and forgets every update; there will be no more. */
  close(): void {
    this.#closed = true;
    for (const task of [...this.#kept.keys()]) this.drop(task);
  }

  #start(task: string, key: string, train: (signal: AbortSignal) => Promise<LocalUpdate>): Kept {
    const controller = new AbortController();
    const result = this.#training.then(() => {
      controller.signal.throwIfAborted();
      return train(controller.signal);
    });
    this.#training = result.catch(() => undefined);
    const entry: Kept = { key, result, controller, ready: undefined };
    this.#kept.set(task, entry);
    for (const oldest of this.#kept.keys()) if (this.#kept.size > MOST_TASKS) this.drop(oldest);
    const current = (): boolean => this.#kept.get(task) === entry;
    result.then(
      (update) => (current() ? (entry.ready = update) : update.update.fill(0)),
      () => current() && this.#kept.delete(task),
    );
    return entry;
  }
}
