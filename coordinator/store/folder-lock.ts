import { takeLock } from './lock.ts';

/** The lock of a store's folder, kept while it is in use. */
export class FolderLock {
  readonly #folder: string;
  #uses = 0;
  /** Releases the folder; undefined while this process does not have it. */
  #unlock: Promise<() => Promise<void>> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Adds a use. @throws CairnError `folder-unwritable` if another process has the folder; then no use is added */
  async hold(): Promise<void> {
    this.#uses++;
    this.#unlock ??= takeLock(this.#folder);
    const taking = this.#unlock;
    try {
      await taking;
    } catch (thrown) {
      // The next call tries again.
      if (this.#unlock === taking) [this.#unlock, this.#uses] = [undefined, 0];
      throw thrown;
    }
  }

  /** Ends a use; after the last one the folder is released. Harmless after {@link close}. */
  async letGo(): Promise<void> {
    if (this.#uses === 0) return;
    this.#uses--;
    if (this.#uses === 0) await this.close();
  }

  /** Releases the folder, even if it is in use. May be called twice. */
  async close(): Promise<void> {
    const taken = this.#unlock;
    [this.#unlock, this.#uses] = [undefined, 0];
    const unlock = await taken?.catch(() => undefined);
    await unlock?.();
  }
}
