import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { arch, cpus, platform, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { CairnError } from '../../protocol/errors.ts';

/** The folder that a run leaves behind. */
export class RunFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes the folder before anything runs. @throws CairnError `folder-unwritable` */
  static async create(parent: string, name: string): Promise<RunFolder> {
    const stamp = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
    const base = resolve(parent, `${stamp}-${name}`);
    try {
      await mkdir(parent, { recursive: true });
      for (let i = 1; ; i++) {
        const path = i === 1 ? base : `${base}-${i}`;
        try {
          await mkdir(path);
          return new RunFolder(path);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        }
      }
    } catch (cause) {
      throw new CairnError(
        'folder-unwritable',
        `the run folder ${base} cannot be made (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`,
        { cause },
      );
    }
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

/** What clocks were read on: everything about a machine that a timing depends on and nobody's name does. */
export function machine(): Record<string, unknown> {
  return {
    node: process.version,
    platform: platform(),
    arch: arch(),
    cpu: cpus().at(0)?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
}
