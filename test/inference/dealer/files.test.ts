import { createHash } from 'node:crypto';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makePieces, openPieces, seedsPath } from '../../../inference/dealer/index.ts';
import type { PieceUse } from '../../../inference/dealer/open-pieces.ts';
import { CairnError } from '../../../protocol/errors.ts';
import { systemRandom } from '../../../protocol/crypto/index.ts';
import { weightMask } from '../../../protocol/mpc/dealer/index.ts';
import { ring32 } from '../../../protocol/mpc/sharing/index.ts';
import { DEMANDS, made, opened, PLAN, SQUARE, USE } from './support/made.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-dealer-'));
  path = join(folder, 'pieces');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** The code that opening the corrected side's file ends with; `open` if it can be used. */
async function codeOfOpening(change: Partial<PieceUse> = {}, at = path): Promise<string> {
  try {
    await (await openPieces(at, { ...USE, ...change })).close();
    return 'open';
  } catch (thrown) {
    return (thrown as { code: string }).code;
  }
}

/** Changes one byte of a file. */
async function flip(at: string, offset: number): Promise<void> {
  const bytes = await readFile(at);
  bytes[offset < 0 ? bytes.length + offset : offset]! ^= 1;
  await writeFile(at, bytes);
}

/** Opens, takes pieces and closes. @returns their indices */
async function use(count: number, at = path): Promise<number[]> {
  const file = await openPieces(at, USE);
  try {
    const taken: number[] = [];
    for (let i = 0; i < count; i++) taken.push((await file.take()).index);
    return taken;
  } finally {
    await file.close();
  }
}

describe('a pair of files', () => {
  it('gives both sides of each piece, in the same order', async () => {
    await made(path, 3);
    const { corrected, seeded } = await opened(path);
    expect(corrected.pair).toEqual(seeded.pair);
    const [linear, , square] = DEMANDS as [Extract<(typeof DEMANDS)[number], { kind: 'linear' }>, unknown, unknown];
    expect(square).toEqual(SQUARE);
    const masks = [corrected, seeded].map((file) => weightMask(file.maskSeed!.expose(), linear) as Uint32Array);
    const mask = ring32.add(masks[0]!, masks[1]!);
    const seen = new Set<string>();
    for (let index = 0; index < 3; index++) {
      const sides = [await corrected.take(), await seeded.take()];
      expect(sides.map((side) => side.index)).toEqual([index, index]);
      const [one, other] = sides.map(({ correlations }) => correlations.take(linear));
      const inputs = ring32.add(one!.a as Uint32Array, other!.a as Uint32Array);
      const products = ring32.add(one!.c as Uint32Array, other!.c as Uint32Array);
      expect(products).toEqual(ring32.apply(linear.map, mask, inputs, 2));
      seen.add(inputs.join());
    }
    expect(seen.size).toBe(3);
    await corrected.close();
    await seeded.close();
  });

  it('is for its owner alone, and the seeded side’s has 48 bytes a piece', async () => {
    await made(path, 5);
    for (const file of [path, seedsPath(path)]) expect((await stat(file)).mode & 0o777).toBe(0o600);
    const small = (await stat(seedsPath(path))).size;
    await made(join(folder, 'more'), 6);
    expect((await stat(seedsPath(join(folder, 'more')))).size - small).toBe(48);
    await use(1);
    expect((await stat(`${path}.used`)).mode & 0o777).toBe(0o600);
  });

  it('has the same bytes from version to version, for the same randomness', async () => {
    await made(path, 2);
    const hashes = [path, seedsPath(path)].map(async (file) =>
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
    );
    expect(await Promise.all(hashes)).toEqual([
      '7a946f7b5e071178c3e5813e6ac11f172cd2022ccc8c5e88c72565e3490c24a2',
      '93af9806532c4da0a90d62189977ea6ea50cd6568d0496477c899c24a7b41524',
    ]);
  });

  it('never replaces a file, and leaves nothing of itself then', async () => {
    for (const taken of [path, seedsPath(path)]) {
      await writeFile(taken, 'mine');
      await expect(made(path, 2)).rejects.toMatchObject({ code: 'config-invalid' });
      expect(await readFile(taken, 'utf8')).toBe('mine');
      expect(await readdir(folder)).toHaveLength(1);
      await rm(taken);
    }
  });

  it('appears whole or not at all, and tells how far it is', async () => {
    const made: number[] = [];
    const progress = (count: number): void => {
      made.push(count);
      if (count === 3) throw new CairnError('session-closed', 'stop here');
    };
    const options = { path, plan: PLAN, demands: DEMANDS, batch: 2, random: systemRandom, progress };
    await expect(makePieces({ ...options, count: 5 })).rejects.toMatchObject({ code: 'session-closed' });
    expect(made).toEqual([1, 2, 3]);
    expect(await readdir(folder)).toEqual([]);
    await makePieces({ ...options, count: 2 });
    expect(await readdir(folder)).toEqual(['pieces', 'pieces.seeds']);
    await expect(makePieces({ ...options, count: 0 })).rejects.toMatchObject({ code: 'config-invalid' });
  });
});

describe('a file in use', () => {
  it('gives each index once, also after it was closed, until all are used up', async () => {
    await made(path, 5);
    expect(await use(2)).toEqual([0, 1]);
    expect(await use(2)).toEqual([2, 3]);
    const file = await openPieces(path, USE);
    expect([file.next, file.left]).toEqual([4, 1]);
    await file.take();
    await expect(file.take()).rejects.toMatchObject({ code: 'dealt-used-up' });
    await file.close();
    await expect(use(1)).rejects.toMatchObject({ code: 'dealt-used-up' });
  });

  it('gives many that are asked for at once one after another', async () => {
    await made(path, 8);
    const file = await openPieces(path, USE);
    const taken = await Promise.all(Array.from({ length: 8 }, () => file.take()));
    expect(taken.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    await file.close();
  });

  it('goes on from where the other side is, and writes off what lies before', async () => {
    await made(path, 9);
    const file = await openPieces(path, USE);
    expect((await file.take(4)).index).toBe(4);
    expect((await file.take(2)).index).toBe(5);
    await expect(file.take(9)).rejects.toMatchObject({ code: 'dealt-used-up' });
    expect(file.next).toBe(6);
    await file.close();
    expect(await use(1)).toEqual([6]);
  });

  it('is not used up by the other side’s word: at most 100 pieces are passed over', async () => {
    await made(path, 300);
    const file = await openPieces(path, USE);
    await expect(file.take(101)).rejects.toMatchObject({ code: 'dealt-mismatch' });
    expect(file.next).toBe(0);
    expect((await file.take(100)).index).toBe(100);
    await file.close();
    expect(await use(1)).toEqual([101]);
  });

  it('is of no use once it is closed, and its mask seed is gone', async () => {
    await made(path, 2);
    const file = await openPieces(path, USE);
    await file.close();
    await file.close();
    await expect(file.take()).rejects.toMatchObject({ code: 'session-closed' });
    expect(file.maskSeed!.forTestingIsZero()).toBe(true);
  });

  it('is overwritten piece by piece', async () => {
    await made(path, 3);
    const before = await readFile(path);
    await use(2);
    const after = await readFile(path);
    const [begin, size] = [136, (before.length - 136) / 3];
    expect(after.subarray(begin, begin + 2 * size).every((byte) => byte === 0)).toBe(true);
    expect(after.subarray(begin + 2 * size)).toEqual(before.subarray(begin + 2 * size));
  });

  it('is another’s to open neither by its name nor by a link', async () => {
    await made(path, 3);
    await symlink(path, join(folder, 'link'));
    const file = await openPieces(path, USE);
    expect(await codeOfOpening()).toBe('dealt-file');
    expect(await codeOfOpening({}, join(folder, 'link'))).toBe('dealt-file');
    await file.close();
    expect(await use(1, join(folder, 'link'))).toEqual([0]);
    expect(await use(1)).toEqual([1]);
  });

  it('gives nothing to a process whose lock was taken over, and the index goes to no one', async () => {
    await made(path, 5);
    const first = await openPieces(path, USE);
    await first.take();
    await rm(`${path}.lock`);
    const second = await openPieces(path, USE);
    await expect(first.take()).rejects.toMatchObject({ code: 'lock-lost' });
    await expect(first.take()).rejects.toMatchObject({ code: 'lock-lost' });
    expect((await second.take()).index).toBe(1);
    await first.close();
    await second.close();
    expect(await use(1)).toEqual([2]);
  });
});

describe('a file that does not fit', () => {
  it('is refused for another plan, batch, side, list of demands or model', async () => {
    await made(path, 3);
    const other = new Uint8Array(32).fill(8);
    expect(await codeOfOpening({ plan: other })).toBe('dealt-mismatch');
    expect(await codeOfOpening({ batch: 1 })).toBe('dealt-mismatch');
    expect(await codeOfOpening({ side: 'seeded' })).toBe('dealt-mismatch');
    expect(await codeOfOpening({ demands: DEMANDS.slice(1) })).toBe('dealt-mismatch');
    expect(await codeOfOpening()).toBe('open');
    expect(await codeOfOpening({ model: other })).toBe('dealt-mismatch');
    expect(await codeOfOpening()).toBe('open');
  });

  it('is refused without a model whose weights it masks, before anything is recorded', async () => {
    await made(path, 3);
    const { plan, batch, side, demands } = USE;
    await expect(openPieces(path, { plan, batch, side, demands })).rejects.toMatchObject({ code: 'dealt-mismatch' });
    expect(await codeOfOpening({ model: new Uint8Array(32).fill(1) })).toBe('open');
  });

  it('is refused if it is missing, cut off, longer, or of another format', async () => {
    expect(await codeOfOpening()).toBe('config-unreadable');
    await made(path, 3);
    const { size } = await stat(path);
    await truncate(path, size + 1);
    expect(await codeOfOpening()).toBe('dealt-file');
    for (const length of [size - 1, 137, 136, 100, 0]) {
      await truncate(path, length);
      expect(await codeOfOpening()).toBe('dealt-file');
    }
    await writeFile(path, 'x'.repeat(size));
    expect(await codeOfOpening()).toBe('dealt-file');
  });

  it('is refused for a change of any byte of its header', async () => {
    await made(path, 1);
    for (let offset = 0; offset < 120; offset++) {
      await flip(path, offset);
      expect(await codeOfOpening()).toBe('dealt-file');
      await flip(path, offset);
    }
    expect(await codeOfOpening()).toBe('open');
  });

  it('skips a damaged piece, or one from another place or file, and goes on', async () => {
    await made(path, 4);
    const size = ((await stat(path)).size - 136) / 4;
    await flip(path, 136);
    await flip(path, 136 + 2 * size - 1);
    const bytes = await readFile(path);
    bytes.copyWithin(136 + 2 * size, 136 + 3 * size);
    await writeFile(path, bytes);
    const file = await openPieces(path, USE);
    for (const index of [0, 1, 2]) {
      await expect(file.take()).rejects.toMatchObject({
        code: 'dealt-file',
        message: expect.stringContaining(`piece ${index}`) as string,
      });
    }
    expect((await file.take()).index).toBe(3);
    await file.close();
  });

  it('is refused if other users can read it', async () => {
    await made(path, 1);

    await chmod(path, 0o640);
    expect(await codeOfOpening()).toBe('key-file-mode');
  });
});

describe('copies', () => {
  it('of a file put back over it are harmless: the record knows how far it was used', async () => {
    await made(path, 6);
    await copyFile(path, join(folder, 'copy'));
    expect(await use(2)).toEqual([0, 1]);
    await copyFile(join(folder, 'copy'), path);
    expect(await use(2)).toEqual([2, 3]);
  });

  it('of a file are refused if its record is lost', async () => {
    await made(path, 6);
    await use(1);
    await rm(`${path}.used`);
    expect(await codeOfOpening()).toBe('dealt-file');
  });

  it('of a record that are older than the file are refused', async () => {
    await made(path, 6);
    await use(1);
    await copyFile(`${path}.used`, join(folder, 'copy'));
    await use(2);
    await copyFile(join(folder, 'copy'), `${path}.used`);
    expect(await codeOfOpening()).toBe('dealt-file');
  });

  it('of a record are refused beside another copy of the file, or another file', async () => {
    await made(path, 6);
    await copyFile(path, join(folder, 'copy'));
    await use(1);
    await use(1, join(folder, 'copy'));
    await copyFile(join(folder, 'copy.used'), `${path}.used`);
    expect(await codeOfOpening()).toBe('dealt-file');
    const other = join(folder, 'other');
    await made(other, 6, 2);
    await copyFile(`${path}.used`, `${other}.used`);
    expect(await codeOfOpening({}, other)).toBe('dealt-file');
  });

  it('of both a file and its record, put back together, are not noticed here: the other side’s index says it', async () => {
    await made(path, 6);
    const { corrected, seeded } = await opened(path);
    await corrected.take();
    await seeded.take();
    await corrected.close();
    for (const name of ['', '.used']) await copyFile(`${path}${name}`, join(folder, `copy${name}`));
    expect(await use(1)).toEqual([1]);
    await seeded.take();
    for (const name of ['', '.used']) await copyFile(join(folder, `copy${name}`), `${path}${name}`);
    const back = await openPieces(path, USE);
    expect(back.next).toBe(1);
    expect((await back.take(seeded.next)).index).toBe(2);
    await back.close();
    await seeded.close();
  });
});

describe('a record', () => {
  it('whose last line was cut by a crash counts without it', async () => {
    await made(path, 6);
    await use(2);
    await writeFile(`${path}.used`, '{"next":', { flag: 'a' });
    expect(await use(1)).toEqual([2]);
  });

  it.each([
    ['is empty', () => ''],
    ['has lost its first line', (text: string) => text.slice(text.indexOf('\n') + 1)],
    ['has a line that is not JSON', (text: string) => `${text}what\n`],
    ['has a line that says nothing', (text: string) => `${text}{"next":0}\n`],
    ['has two first lines', (text: string) => text + text],
  ])('that %s is refused, and stays as it is', async (_, change) => {
    await made(path, 6);
    await use(2);
    const text = change(await readFile(`${path}.used`, 'utf8'));
    await writeFile(`${path}.used`, text);
    expect(await codeOfOpening()).toBe('dealt-file');
    expect(await readFile(`${path}.used`, 'utf8')).toBe(text);
  });

  it('that cannot be written gives nothing', async () => {
    await made(path, 6);
    const file = await openPieces(path, USE);
    await rm(`${path}.used`);
    await mkdir(`${path}.used`);
    await expect(file.take()).rejects.toMatchObject({ code: 'folder-unwritable' });
    await expect(file.take()).rejects.toMatchObject({ code: 'folder-unwritable' });
    await file.close();
  });
});
