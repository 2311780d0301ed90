import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readIfThere } from '../../platform/index.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-read-'));
});

afterEach(() => rm(folder, { recursive: true }));

const refuse = (cause: NodeJS.ErrnoException): Error => new Error(`refused: ${cause.code}`, { cause });

describe('reading a file that may be missing', () => {
  it('tells an empty file from one that is missing', async () => {
    const path = join(folder, 'file');
    expect(await readIfThere(path, refuse)).toBeUndefined();
    await writeFile(path, '');
    expect(await readIfThere(path, refuse)).toEqual(new Uint8Array());
    await writeFile(path, 'text');
    expect(await readIfThere(path, refuse)).toEqual(Uint8Array.from(Buffer.from('text')));
  });

  it('refuses what is there but is no file, in the words of its caller', async () => {
    await expect(readIfThere(folder, refuse)).rejects.toThrow('refused: EISDIR');
  });
});
