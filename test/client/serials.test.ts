import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serialsInFile, serialsPath } from '../../client/enrolment/serials.ts';

const [A, B] = ['aa'.repeat(32), 'bb'.repeat(32)];
const hash = 'cd'.repeat(32);
let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-serials-'));
  path = serialsPath(join(folder, 'me.json'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('what a client remembers of directories', () => {
  it('outlives it, for each authority by itself', async () => {
    expect(await serialsInFile(path).newest(A)).toBeUndefined();
    await serialsInFile(path).note(A, { serial: 4, hash });
    await serialsInFile(path).note(B, { serial: 0xffff_ffff, hash });
    await serialsInFile(path).note(A, { serial: 5, hash });
    const next = serialsInFile(path);
    expect([await next.newest(A), await next.newest(B)]).toEqual([
      { serial: 5, hash },
      { serial: 0xffff_ffff, hash },
    ]);
  });

  it('lies beside its identity file, for its owner alone, and nothing else is left there', async () => {
    await serialsInFile(path).note(A, { serial: 4, hash });
    await serialsInFile(path).note(A, { serial: 5, hash });
    expect(await readdir(folder)).toEqual(['me.json.seen']);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['no JSON', '{'],
    ['a serial number of zero', JSON.stringify({ [A]: { serial: 0, hash } })],
    ['an unknown key', JSON.stringify({ [A]: { serial: 1, hash, more: 1 } })],
    ['no authority', JSON.stringify({ me: { serial: 1, hash } })],
  ])('is not believed, nor overwritten, where it is %s', async (_, text) => {
    await writeFile(path, text);
    await expect(serialsInFile(path).newest(A)).rejects.toMatchObject({ code: 'config-invalid' });
    await expect(serialsInFile(path).note(A, { serial: 9, hash })).rejects.toMatchObject({ code: 'config-invalid' });
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('that cannot be read or written is named', async () => {
    await expect(serialsInFile(folder).newest(A)).rejects.toMatchObject({ code: 'config-unreadable' });
    await expect(serialsInFile(join(folder, 'no', 'x')).note(A, { serial: 1, hash })).rejects.toMatchObject({
      code: 'folder-unwritable',
    });
  });
});
