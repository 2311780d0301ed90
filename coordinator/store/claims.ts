import { CairnError } from '../../protocol/errors.ts';
import type { Lease } from './types.ts';

/** Which holder runs which task, within one open store. Keeping other processes out is up to the store. */
export class Claims {
  readonly #holders = new Map<string, string>();

  /** @throws CairnError `task-claimed` if the task has a holder */
  take(task: string, holder: string): Lease {
    const other = this.#holders.get(task);
    if (other !== undefined) throw new CairnError('task-claimed', `task "${task}" is run by ${other}`);
    this.#holders.set(task, holder);
    let isReleased = false;
    return {
      release: () => {
        // After it was released or the store was closed, another holder may have the task.
        if (!isReleased) this.#holders.delete(task);
        isReleased = true;
        return Promise.resolve();
      },
    };
  }
}
