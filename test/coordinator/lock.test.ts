import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCoordinator, parseConfig } from '../../coordinator/index.ts';
import { takeLock } from '../../coordinator/store/lock.ts';
import { type Holder, thisProcess } from '../../platform/holder.ts';
import { rejectionOf } from './support/errors.ts';
import { closeAll, SHAPES, temporaryFolder } from './support/hall.ts';

afterEach(closeAll);

let folder: string;
let lock: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  lock = join(folder, 'lock');
});

/** As versions wrote it that named a process by its id and host alone. */
const by = (pid: number, host = hostname()): string => JSON.stringify({ pid, host });
/** As it is written now. */
const byHolder = async (changes: Partial<Holder>): Promise<string> =>
  JSON.stringify({ token: 'x', ...(await thisProcess()), ...changes });
const longAgo = async (): Promise<void> => {
  const seconds = Date.now() / 1000 - 61;
  await utimes(lock, seconds, seconds);
};

describe('the folder of a coordinator', () => {
  it('is held by one at a time, and by the next when it is released', async () => {
    const first = await takeLock(folder);
    expect(await rejectionOf(takeLock(folder))).toMatchObject({ code: 'folder-unwritable' });
    await first();
    const second = await takeLock(folder);
    await first();
    expect(existsSync(lock)).toBe(true);
    await second();
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['a process that is gone', () => by(spawnSync(process.execPath, ['-e', '']).pid)],
    ['an earlier process that had this one’s id', () => by(process.pid)],
    ['a process of today’s that is gone', () => byHolder({ pid: spawnSync(process.execPath, ['-e', '']).pid })],
  ])('is taken over from %s', async (_, text) => {
    await writeFile(lock, await text());
    const release = await takeLock(folder);
    expect(await rejectionOf(takeLock(folder))).toMatchObject({ code: 'folder-unwritable' });
    await release();
  });

  it.runIf(process.platform === 'linux')('is taken over from a process whose id a later one has', async () => {
    await writeFile(lock, await byHolder({ pid: process.ppid, started: '1' }));
    await (
      await takeLock(folder)
    )();
  });

  it.each([
    ['that wrote it as it is written now', () => byHolder({ machine: 'elsewhere.invalid boot space' })],
    ['of an earlier version', () => by(1, 'elsewhere.invalid')],
  ])('is taken over from another machine %s and has shown no sign for more than a minute', async (_, text) => {
    await writeFile(lock, await text());
    expect(await rejectionOf(takeLock(folder))).toMatchObject({
      message: expect.stringContaining('on elsewhere.invalid') as string,
    });
    await longAgo();
    await (
      await takeLock(folder)
    )();
  });

  it('is left to a running process of an earlier version, however long it has shown no sign', async () => {
    await writeFile(lock, by(process.ppid));
    await longAgo();
    expect(await rejectionOf(takeLock(folder))).toMatchObject({ code: 'folder-unwritable' });
  });

  it.each([
    ['a process that is there', by(process.ppid), `process id ${process.ppid} on`],
    ['a process on another machine', by(1, 'elsewhere.invalid'), 'process id 1 on elsewhere.invalid'],
    ['who is still writing it', '', 'another coordinator'],
  ])('is left to %s, with the hint', async (_, text, words) => {
    await writeFile(lock, text);
    const error = await rejectionOf(takeLock(folder));
    expect(error).toMatchObject({ code: 'folder-unwritable', hint: expect.stringContaining(lock) as string });
    expect(error.message).toContain(words);
  });

  it('is that of one coordinator until it has stopped, and of none that could not start', async () => {
    const task = { name: 'toy', rounds: 1, cohort: 3, adversary: 'curious', unsafeOpenEnrolment: true };
    const configOf = (model: object) =>
      parseConfig({ port: 0, logLevel: 'silent', dataDir: folder, tasks: [{ ...task, model }] });
    await rejectionOf(createCoordinator({ config: configOf({ file: join(folder, 'none.safetensors') }) }));
    const config = configOf({ tensors: SHAPES });
    const first = await createCoordinator({ config });
    expect(await rejectionOf(createCoordinator({ config }))).toMatchObject({ code: 'folder-unwritable' });
    await first.stop();
    await (await createCoordinator({ config })).stop();
  });
});

describe('a coordinator that cannot be composed', () => {
  it('releases its folder, so that the next one can start', async () => {
    const task = { name: 'toy', rounds: 1, cohort: 4, adversary: 'curious', unsafeOpenEnrolment: true };
    const start = (more: object) => {
      const tasks = [{ ...task, model: { tensors: SHAPES }, ...more }];
      return createCoordinator({ config: parseConfig({ port: 0, logLevel: 'silent', dataDir: folder, tasks }) });
    };
    // Nobody evaluates models here, which shows after the folder was taken.
    expect(await rejectionOf(start({ validation: { metric: 'loss', tolerance: 1 } }))).toMatchObject({
      code: 'config-invalid',
    });
    expect(existsSync(lock)).toBe(false);
    await (await start({})).stop();
  });
});
