import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeLock } from '../../../simulations/laboratory/claim.ts';

let folder: string;

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'cairn-lock-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const leave = (text: string): void => writeFileSync(join(folder, 'lock'), text);
const by = (pid: number, host = hostname()): string => JSON.stringify({ pid, host });

describe('the lock of a run folder', () => {
  it('is had by one run at a time, and by the next when it is released', async () => {
    const release = await takeLock(folder);
    await expect(takeLock(folder)).rejects.toMatchObject({ code: 'folder-unwritable' });
    await release();
    expect(existsSync(join(folder, 'lock'))).toBe(false);
    await (
      await takeLock(folder)
    )();
  });

  it('is not removed by a second release, once another run has it', async () => {
    const first = await takeLock(folder);
    await first();
    const second = await takeLock(folder);
    await first();
    await expect(takeLock(folder)).rejects.toThrow('is writing into');
    await second();
  });

  it.each([
    ['a process that is gone', () => by(spawnSync(process.execPath, ['-e', '']).pid)],
    ['an earlier process that had this one’s id', () => by(process.pid)],
  ])('is taken over from %s', async (_, text) => {
    leave(text());
    const release = await takeLock(folder);
    await expect(takeLock(folder)).rejects.toThrow('is writing into');
    await release();
  });

  it.each([
    ['its process is there', by(process.ppid)],
    ['its process is on another machine, since those versions gave no signs', by(1, 'elsewhere.invalid')],
  ])('that an earlier version left is held however old it is while %s', async (_, text) => {
    leave(text);
    utimesSync(join(folder, 'lock'), 1, 1);
    await expect(takeLock(folder)).rejects.toThrow('is writing into');
  });

  it('is taken over from another machine that has shown no sign for long', async () => {
    leave(JSON.stringify({ token: 'x', pid: 1, machine: 'elsewhere.invalid boot space', started: '1' }));
    await expect(takeLock(folder)).rejects.toThrow('process 1 on elsewhere.invalid is writing into');
    utimesSync(join(folder, 'lock'), 1, 1);
    await (
      await takeLock(folder)
    )();
  });

  it.each([
    ['a process that is there', by(process.ppid), `process ${process.ppid} on`],
    ['a process on another machine', by(1, 'elsewhere.invalid'), 'process 1 on elsewhere.invalid'],
    ['who is still writing it', '', 'another run'],
  ])('is left to %s, with the hint', async (_, text, words) => {
    leave(text);
    await expect(takeLock(folder)).rejects.toEqual(
      expect.objectContaining({
        code: 'folder-unwritable',
        message: expect.stringContaining(words) as string,
        hint: expect.stringContaining(join(folder, 'lock')) as string,
      }),
    );
  });
});
