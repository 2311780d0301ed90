import { unwatchFile, watchFile } from 'node:fs';
import { asCairnError, type CairnError } from '../protocol/errors.ts';
import type { MemberId } from '../protocol/ids.ts';
import type { LoadedDirectory } from './directory.ts';
import type { MemberRegistry } from './members.ts';

/** Milliseconds between two checks of the file: polling sees a rename on every file system, network ones included. */
const INTERVAL = 2000;

/** What is watched, and what is called. */
export interface DirectoryFileOptions {
  readonly path: string;
  /** Reads and checks the file. @throws CairnError */
  readonly load: () => Promise<LoadedDirectory>;
  readonly members: MemberRegistry;
  /** A newer directory is in force; these members are no longer in it, or have another key. */
  readonly onRenewed: (serial: number, gone: readonly MemberId[]) => void;
  /** The file's present content is rejected, and the previous directory stays in force. */
  readonly onRefused: (error: CairnError) => void;
}

/** The directory's file, from which the coordinator loads newer versions while it runs. */
export class DirectoryFile {
  readonly #options: DirectoryFileOptions;
  #last: Promise<void> = Promise.resolve();

  constructor(options: DirectoryFileOptions) {
    this.#options = options;
  }

  /** Checks the file from now on. It keeps no process alive. */
  watch(): void {
    watchFile(this.#options.path, { interval: INTERVAL, persistent: false }, this.#changed);
  }

  close(): void {
    unwatchFile(this.#options.path, this.#changed);
  }

  /** Loads the present file if it is newer. It never rejects. */
  refresh(): Promise<void> {
    // One at a time: if two overlapped, the older one could finish last.
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
