import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { appendJsonLine, openFolder, readJsonLines, writeAtomically } from '../../platform/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { newFolder, takeLock, unwritable } from './claim.ts';
import type { Row } from './series.ts';

/** Free space that a run requires before it begins: rows, images and checkpoints of the largest preset fit in it. */
const MIN_FREE_BYTES = 64 * 2 ** 20;

/** The run's folder and its subfolders. */
const FOLDERS = ['', 'data', 'images', 'checkpoints'];

/**
 * The folder of a run: config.json, data/, images/, checkpoints/ while it runs, then summary.json, timings.json and
 * report.html. Rows are written as they come, so that the results so far are kept whatever ends the run.
 */
export class LabFolder {
  readonly path: string;
  /** Releases the folder for other runs. */
  readonly release: () => Promise<void>;

  private constructor(path: string, release: () => Promise<void>) {
    this.path = path;
    this.release = release;
  }

  /**
   * Makes a new folder `parent/DATE-name`, locks it for this run, and checks that it can be written.
   * @throws CairnError `folder-unwritable`, also if the disk is nearly full
   */
  static async create(parent: string, name: string): Promise<LabFolder> {
    return LabFolder.#prepare(await newFolder(parent, name));
  }

  /**
   * Opens the folder of an earlier run, and locks it for this one.
   * @throws CairnError `config-unreadable` if it has no config.json of a run, `folder-unwritable`, also if another run
   * has locked it
   */
  static async open(path: string): Promise<LabFolder> {
    const whole = resolve(path);
    if (!existsSync(join(whole, 'config.json'))) {
      throw new CairnError('config-unreadable', `${whole} has no config.json of a run`);
    }
    return LabFolder.#prepare(whole);
  }

  static async #prepare(path: string): Promise<LabFolder> {
    const release = await takeLock(path);
    try {
      await LabFolder.#check(path);
    } catch (thrown) {
      await release();
      throw thrown;
    }
    return new LabFolder(path, release);
  }

  static async #check(path: string): Promise<void> {
    for (const folder of FOLDERS) await openFolder(join(path, folder), (cause) => unwritable(path, cause));
    const { bavail, bsize } = await statfs(path);
    if (bavail * bsize < MIN_FREE_BYTES) {
      const free = Math.floor((bavail * bsize) / 2 ** 20);
      throw new CairnError('folder-unwritable', `the disk of ${path} has ${free} MB left, a run needs 64 MB`, {
        hint: 'free some space, or choose another disk with --out',
      });
    }
  }

  /** Appends a row to data/SERIES.jsonl. @throws CairnError `folder-unwritable` */
  row(series: string, row: Row): void {
    try {
      appendJsonLine(this.#series(series), row);
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
  }

  /** Writes images/NAME.png. @throws CairnError `folder-unwritable` */
  image(name: string, png: Uint8Array): void {
    try {
      writeFileSync(join(this.path, 'images', `${name}.png`), png);
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
  }

  /**
   * Every recorded series, with its rows. A last line that was cut off is removed from the file: its row is recorded
   * again.
   * @throws CairnError `config-unreadable` naming file and line of what is not a row
   */
  async rows(): Promise<Map<string, Row[]>> {
    const all = new Map<string, Row[]>();
    for (const name of this.#names('data', '.jsonl')) {
      const file = this.#series(name);
      const rows = await readJsonLines(file, {
        accepts: isRow,
        refuse: ({ number, cause }) => damaged(file, number, cause),
        unreadable: (cause) => unreadable(file, cause),
        skipEmpty: true,
      });
      all.set(name, rows);
    }
    return all;
  }

  #series(name: string): string {
    return join(this.path, 'data', `${name}.jsonl`);
  }

  /** Names of the images, sorted. */
  images(): string[] {
    return this.#names('images', '.png');
  }

  /** Bytes of an image. */
  async imageBytes(name: string): Promise<Uint8Array> {
    return readFile(join(this.path, 'images', `${name}.png`));
  }

  /** Writes a checkpoint as a whole or not at all. @throws CairnError `folder-unwritable` */
  async checkpoint(name: string, bytes: Uint8Array): Promise<void> {
    await this.#atomic(join('checkpoints', name), bytes);
  }

  /** A checkpoint's bytes, undefined if there is none. */
  async restore(name: string): Promise<Uint8Array | undefined> {
    const path = join(this.path, 'checkpoints', name);
    return existsSync(path) ? readFile(path) : undefined;
  }

  /** Writes a text file, whole or not at all. @throws CairnError `folder-unwritable` */
  async text(name: string, text: string): Promise<void> {
    await this.#atomic(name, text);
  }

  /** Writes a JSON file, whole or not at all. @throws CairnError `folder-unwritable` */
  async json(name: string, value: unknown): Promise<void> {
    await this.#atomic(name, `${JSON.stringify(value, undefined, 2)}\n`);
  }

  async #atomic(name: string, content: string | Uint8Array): Promise<void> {
    await writeAtomically(join(this.path, name), content, { refuse: (cause) => unwritable(this.path, cause) });
  }

  #names(folder: string, extension: string): string[] {
    return readdirSync(join(this.path, folder))
      .filter((file) => extname(file) === extension)
      .map((file) => basename(file, extension))
      .sort();
  }
}

const damaged = (file: string, line: number, cause: unknown): CairnError =>
  new CairnError('config-unreadable', `line ${line} of ${file} is damaged: it is not a row of a run`, {
    hint: 'restore the file from a copy, or run the experiment again from this folder, with --again',
    cause,
  });

const unreadable = (file: string, cause: NodeJS.ErrnoException): CairnError =>
  new CairnError('config-unreadable', `${file} cannot be read (${cause.code ?? 'unknown reason'})`, { cause });

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);
