import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeLock } from '../../../simulations/laboratory/lock.ts';

let folder: string;

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'cairn-lock-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const leave = (text: string): void => writeFileSync(join(folder, 'lock'), text);
const by = (pid: number, host = hostname()): string => JSON.stringify({ pid, host });

describe('the lock of a run folder', () => {
  it('is had by one run at a time, and by the next when it is released', () => {
    const release = takeLock(folder);
    expect(() => takeLock(folder)).toThrow(expect.objectContaining({ code: 'folder-unwritable' }));
    release();
    expect(existsSync(join(folder, 'lock'))).toBe(false);
    takeLock(folder)();
  });

  it('is not removed by a second release, once another run has it', () => {
    const first = takeLock(folder);
    first();
    const second = takeLock(folder);
    first();
    expect(() => takeLock(folder)).toThrow('is writing into');
    second();
  });

  it.each([
    ['a process that is gone', () => by(spawnSync(process.execPath, ['-e', '']).pid)],
    ['an earlier process that had this one’s id', () => by(process.pid)],
  ])('is taken over from %s', (_, text) => {
    leave(text());
    const release = takeLock(folder);
    expect(() => takeLock(folder)).toThrow('is writing into');
    release();
  });

  it.each([
    ['a process that is there', by(process.ppid), `process ${process.ppid} on`],
    ['a process on another machine', by(1, 'elsewhere.invalid'), 'process 1 on elsewhere.invalid'],
    ['who is still writing it', '', 'another run'],
  ])('is left to %s, with the hint', (_, text, words) => {
    leave(text);
    expect(() => takeLock(folder)).toThrow(
      expect.objectContaining({
        code: 'folder-unwritable',
        message: expect.stringContaining(words) as string,
        hint: expect.stringContaining(join(folder, 'lock')) as string,
      }),
    );
  });
});
