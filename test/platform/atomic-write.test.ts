import { link, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFolder, writeAtomically } from '../../platform/index.ts';
import { CairnError } from '../../protocol/errors.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-write-'));
  path = join(folder, 'file');
});

afterEach(() => rm(folder, { recursive: true }));

const refuse = (cause: unknown): CairnError => new CairnError('config-invalid', (cause as NodeJS.ErrnoException).code!);

describe('writing a file whole or not at all', () => {
  it('replaces the file before and leaves no other beside it', async () => {
    await writeFile(path, 'old');
    await writeAtomically(path, [Buffer.from('n'), Buffer.from('ew')]);
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await readdir(folder)).toEqual(['file']);
  });

  it.skipIf(process.platform === 'win32')('gives the file the mode that was asked for', async () => {
    await writeAtomically(path, 'secret', { mode: 0o600 });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('replaces nothing when it is put in place by a link, and says so in the words of its caller', async () => {
    await writeAtomically(path, 'first', { place: link, refuse });
    await expect(writeAtomically(path, 'second', { place: link, refuse })).rejects.toMatchObject({
      code: 'config-invalid',
      message: 'EEXIST',
    });
    expect(await readFile(path, 'utf8')).toBe('first');
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('leaves the file before, and passes the error on, when a last check refuses', async () => {
    await writeFile(path, 'old');
    const place = (): Promise<void> => Promise.reject(new CairnError('lock-lost', 'taken over'));
    await expect(writeAtomically(path, 'new', { place, refuse })).rejects.toMatchObject({ code: 'lock-lost' });
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['file']);
  });
});

describe('opening a folder', () => {
  it('removes what a crash left half written, and nothing else', async () => {
    await writeFile(join(folder, '.part-file-1'), 'ha');
    await writeFile(path, 'whole');
    await openFolder(folder);
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('refuses what is no folder in the words of its caller', async () => {
    await writeFile(path, '');
    await expect(openFolder(path, refuse)).rejects.toMatchObject({ code: 'config-invalid', message: 'EEXIST' });
  });
});
