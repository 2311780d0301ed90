import { toHex } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { RoundSettings } from '../../protocol/wire/index.ts';

/** The result of training, ready to be quantized. */
export interface LocalUpdate {
  /** New minus old parameters in layout order. */
  readonly update: Float32Array;
  readonly examples: number;
  readonly loss: number;
  readonly accuracy: number;
}

/** What an update is trained from and how: updates with the same model point, repeat and options are the same. */
export interface UpdateKey extends Pick<RoundSettings, 'repeat' | 'training'> {
  /** `modelPoint` of the round's model: 32 bytes. */
  readonly point: Uint8Array;
}

interface Kept {
  readonly key: string;
  readonly training: string;
  readonly result: Promise<LocalUpdate>;
  readonly controller: AbortController;
  /** Tasks that asked for it: the names come from the coordinator, and decide only what is dropped first. */
  readonly tasks: Set<string>;
  /** The update once it is ready, to be zeroed when it is dropped. */
  ready: LocalUpdate | undefined;
}

/** Maximum number of updates kept at the same time; each is as large as the model. */
const MAX_KEPT = 8;

/**
 * Keeps each update for its model point: whatever a coordinator says about a round, and whatever other rounds it
 * invites to, a client that is asked for an update from the same model gives the same one, without another training. So
 * it is kept after a round whether that was abandoned or has committed, and an attempt that loses this client on the
 * way loses no training, even if that was still running when the round ended.
 *
 * An update is dropped when its task asks for one from another model, or for another repeat, with the same options; and
 * beyond a few updates the least recently requested one. If it is requested again later, it is trained again, with the
 * same seed. If that gives a different update, the client's memory refuses to send it.
 */
export class UpdateKeeper {
  /** In the order in which they were last requested. */
  readonly #kept = new Map<string, Kept>();
  #training: Promise<unknown> = Promise.resolve();
  #closed = false;

  /**
   * The update for a round: the kept one, or the result of `train`. One training runs at a time, since an app may train
   * in place; one that another round makes useless is aborted first.
   * @param task name of the round's task
   * @returns the update, and whether it was kept from an earlier attempt
   * @throws whatever `train` throws; then nothing is kept
   */
  async obtain(
    task: string,
    { point, repeat, training }: UpdateKey,
    train: (signal: AbortSignal) => Promise<LocalUpdate>,
  ): Promise<{ readonly update: LocalUpdate; readonly kept: boolean }> {
    if (this.#closed) throw new CairnError('member-left', 'the client is leaving');
    const key = JSON.stringify([toHex(point), repeat, training]);
    const found = this.#kept.get(key);
    this.#leave(task, key, training);
    if (found !== undefined && !found.controller.signal.aborted) {
      found.tasks.add(task);
      this.#kept.delete(key);
      this.#kept.set(key, found);
      return { update: await found.result, kept: true };
    }
    for (const other of this.#kept.values()) if (other.ready === undefined) other.controller.abort();
    return { update: await this.#start(task, key, training, train).result, kept: false };
  }

  /** Aborts every training and forgets every update; no more will follow. */
  close(): void {
    this.#closed = true;
    for (const entry of [...this.#kept.values()]) this.#drop(entry);
  }

  /**
   * A task has moved on: its updates with these options from other models, or for other repeats, are no longer needed.
   */
  #leave(task: string, key: string, training: string): void {
    for (const entry of [...this.#kept.values()]) {
      if (entry.key === key || entry.training !== training) continue;
      if (entry.tasks.delete(task) && entry.tasks.size === 0) this.#drop(entry);
    }
  }

  #drop(entry: Kept): void {
    if (this.#kept.get(entry.key) === entry) this.#kept.delete(entry.key);
    entry.controller.abort();
    entry.ready?.update.fill(0);
  }

  #start(task: string, key: string, training: string, train: (signal: AbortSignal) => Promise<LocalUpdate>): Kept {
    const controller = new AbortController();
    const result = this.#training.then(() => {
      controller.signal.throwIfAborted();
      return train(controller.signal);
    });
    this.#training = result.catch(() => undefined);
    const entry: Kept = { key, training, result, controller, tasks: new Set([task]), ready: undefined };
    const replaced = this.#kept.get(key);
    if (replaced !== undefined) this.#drop(replaced);
    this.#kept.set(key, entry);
    for (const oldest of [...this.#kept.values()]) if (this.#kept.size > MAX_KEPT) this.#drop(oldest);
    const current = (): boolean => this.#kept.get(key) === entry;
    result.then(
      (update) => (current() ? (entry.ready = update) : update.update.fill(0)),
      () => current() && this.#kept.delete(key),
    );
    return entry;
  }
}
