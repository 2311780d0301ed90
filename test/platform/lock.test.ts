import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileSystemOf, isEarlierBoot } from '../../platform/earlier-boot.ts';
import { thisProcess } from '../../platform/holder.ts';
import { lockFile } from '../../platform/index.ts';
import { CairnError } from '../../protocol/errors.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-lock-'));
  path = join(folder, 'lock');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a lock that is refused at once', () => {
  it('is in its owner’s words, which name who holds it', async () => {
    const first = await lockFile(path);
    const taken = (at: string, by: { readonly pid: number } | undefined): CairnError =>
      new CairnError('config-invalid', `${at} is held by ${by?.pid}`);
    await expect(lockFile(path, { wait: false, taken })).rejects.toMatchObject({
      code: 'config-invalid',
      message: `${path} is held by ${process.pid}`,
    });
    await first.release();
  });

  it('goes to one alone of many that find a dead process’s', async () => {
    await writeFile(path, JSON.stringify({ token: 'x', ...(await thisProcess()), pid: 2 ** 22 + 1 }));
    const all = await Promise.allSettled(Array.from({ length: 8 }, () => lockFile(path, { wait: false })));
    const taken = all.filter((one) => one.status === 'fulfilled');
    expect(taken).toHaveLength(1);
    expect(await taken[0]!.value.release()).toBe(true);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a lock from before the machine was started again', () => {
  const machineOf = (boot: string, host = hostname()): string =>
    `${host} ${boot.repeat(8)}-${`${boot.repeat(4)}-`.repeat(3)}${boot.repeat(12)} pid:[4026531836]`;
  const now = { pid: process.pid, machine: machineOf('b'), started: '' };
  const left = (machine: string): Promise<void> =>
    writeFile(path, JSON.stringify({ token: 'x', pid: 2 ** 22 + 1, machine, started: '1' }));

  it('is taken over at once on a disk of this machine, and nowhere else', async () => {
    await left(machineOf('a'));
    const known = isEarlierBoot(machineOf('a'), now.machine, await fileSystemOf(path));
    const taking = lockFile(path, { holder: now, wait: false });
    // Where temporary files are on a file system that may be shared, nothing is known, and silence decides.
    if (known) expect(await (await taking).release()).toBe(true);
    else await expect(taking).rejects.toMatchObject({ code: 'folder-unwritable' });
  });

  it('is left to a machine of another name, which may live', async () => {
    await left(machineOf('a', 'elsewhere'));
    await expect(lockFile(path, { holder: now, wait: false })).rejects.toMatchObject({ code: 'folder-unwritable' });
  });
});

describe('a lock of this process', () => {
  it('is not taken over where the system does not tell when a process began, however long it is quiet', async () => {
    const holder = { ...(await thisProcess()), started: '' };
    const first = await lockFile(path, { holder, signMs: 1e6 });
    await expect(lockFile(path, { holder, wait: false, staleMs: -1 })).rejects.toThrow(`process id ${process.pid}`);
    await first.release();
    // Of another process nothing else would be known than that it is quiet.
    await writeFile(path, JSON.stringify({ token: 'x', ...holder }));
    await (await lockFile(path, { holder, wait: false, staleMs: -1 })).release();
  });

  it('may be given free twice, and after its folder is gone', async () => {
    const first = await lockFile(path);
    expect(await first.release()).toBe(true);
    const second = await lockFile(path);
    await first.release();
    expect(existsSync(path)).toBe(true);
    await rm(folder, { recursive: true });
    expect(await second.release()).toBe(false);
  });

  it('ends with the process, and leaves what another has put in its place', async () => {
    const listeners = process.listeners('exit').length;
    const first = await lockFile(path);
    const other = await lockFile(`${path}-2`);
    expect(process.listeners('exit')).toHaveLength(listeners + 1);
    await writeFile(`${path}-2`, 'another');
    process.listeners('exit').at(-1)!(0);
    expect(existsSync(path)).toBe(false);
    expect(await readFile(`${path}-2`, 'utf8')).toBe('another');
    await first.release();
    await other.release();
    expect(process.listeners('exit')).toHaveLength(listeners);
  });
});
