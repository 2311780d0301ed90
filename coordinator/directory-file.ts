import { unwatchFile, watchFile } from 'node:fs';
import { asCairnError, type CairnError } from '../protocol/errors.ts';
import type { MemberId } from '../protocol/ids.ts';
import type { LoadedDirectory } from './directory.ts';
import type { MemberRegistry } from './members.ts';

/** Milliseconds between two looks at the file: a rename is seen on every file system, also over a network. */
const INTERVAL = 2000;

/** What is watched, and who is told. */
export interface DirectoryFileOptions {
  readonly path: string;
  /** Reads and checks the file. @throws CairnError */
  readonly load: () => Promise<LoadedDirectory>;
  readonly members: MemberRegistry;
  /** A newer directory holds; these members are in it no more, or under another key. */
  readonly onRenewed: (serial: number, gone: readonly MemberId[]) => void;
  /** What lies there now is not taken, and the one before holds on. */
  readonly onRefused: (error: CairnError) => void;
}

/** The directory's file, from which a newer one is taken while the coordinator runs. */
export class DirectoryFile {
  readonly #options: DirectoryFileOptions;
  #last: Promise<void> = Promise.resolve();

  constructor(options: DirectoryFileOptions) {
    this.#options = options;
  }

  /** Looks at the file from now on. It keeps no process alive. */
  watch(): void {
    watchFile(this.#options.path, { interval: INTERVAL, persistent: false }, this.#changed);
  }

  close(): void {
    unwatchFile(this.#options.path, this.#changed);
  }

  /** Takes what lies there now, if it is newer. It never rejects. */
  refresh(): Promise<void> {
    // One after another: of two that overlap, the older one could come last.
    this.#last = this.#last.then(() => this.#take());
    return this.#last;
  }

  readonly #changed = (): void => void this.refresh();

  async #take(): Promise<void> {
    const { load, members, onRenewed, onRefused } = this.#options;
    try {
      const loaded = await load();
      const gone = members.replace(loaded);
      if (gone !== undefined) onRenewed(loaded.directory.serial, gone);
    } catch (thrown) {
      onRefused(asCairnError(thrown));
    }
  }
}
