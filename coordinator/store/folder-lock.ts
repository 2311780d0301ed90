import { takeLock } from './lock.ts';

/** The lock of a store's folder, which is kept while there is a use for it. */
export class FolderLock {
  readonly #folder: string;
  #uses = 0;
  /** Gives the folder free; undefined while it is not this process's. */
  #unlock: Promise<() => Promise<void>> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** One more use. @throws CairnError `folder-unwritable` if another process has the folder; then it is not one more */
  async hold(): Promise<void> {
    this.#uses++;
    this.#unlock ??= takeLock(this.#folder);
    const taking = this.#unlock;
    try {
      await taking;
    } catch (thrown) {
      // Whoever asks next tries anew.
      if (this.#unlock === taking) [this.#unlock, this.#uses] = [undefined, 0];
      throw thrown;
    }
  }

  /** One use less; with the last one the folder is free. Harmless after {@link close}. */
  async letGo(): Promise<void> {
    if (this.#uses === 0) return;
    this.#uses--;
    if (this.#uses === 0) await this.close();
  }

  /** Gives the folder free, whatever it is used for. May be called twice. */
  async close(): Promise<void> {
    const taken = this.#unlock;
    [this.#unlock, this.#uses] = [undefined, 0];
    const unlock = await taken?.catch(() => undefined);
    await unlock?.();
  }
}
