import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newFolder } from '../../simulations/laboratory/new-folder.ts';

/** The folder that a run leaves behind. */
export class RunFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes the folder before anything runs. @throws CairnError `folder-unwritable` */
  static async create(parent: string, name: string): Promise<RunFolder> {
    return new RunFolder(await newFolder(parent, name));
  }

  /** Path of a file in the folder. */
  file(name: string): string {
    return join(this.path, name);
  }

  async json(name: string, value: unknown): Promise<void> {
    await writeFile(this.file(name), `${JSON.stringify(value, undefined, 2)}\n`);
  }

  async line(name: string, value: unknown): Promise<void> {
    await appendFile(this.file(name), `${JSON.stringify(value)}\n`);
  }

  async bytes(name: string, value: Uint8Array): Promise<void> {
    await writeFile(this.file(name), value);
  }
}
