import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '../../platform/index.ts';
import { newFolder } from '../../simulations/laboratory/index.ts';

/** The folder with the results of a run. */
export class RunFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Creates the folder before anything runs. @throws CairnError `folder-unwritable` */
  static async create(parent: string, name: string): Promise<RunFolder> {
    return new RunFolder(await newFolder(parent, name));
  }

  /** Path of a file in the folder. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** Writes a JSON file, whole or not at all. @throws CairnError `folder-unwritable` */
  async json(name: string, value: unknown): Promise<void> {
    await writeAtomically(this.file(name), `${JSON.stringify(value, undefined, 2)}\n`);
  }

  /** Appends a value to a file of JSON lines. */
  async line(name: string, value: unknown): Promise<void> {
    await appendFile(this.file(name), `${JSON.stringify(value)}\n`);
  }

  /** Writes a binary file, whole or not at all. @throws CairnError `folder-unwritable` */
  async bytes(name: string, value: Uint8Array): Promise<void> {
    await writeAtomically(this.file(name), value);
  }
}
