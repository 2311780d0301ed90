import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { lifeOf, thisProcess } from '../../platform/holder.ts';
import { QuietTime } from '../../platform/quiet.ts';

const gone = spawnSync(process.execPath, ['-e', '']).pid;

describe('a process that holds something', () => {
  it('lives as long as it is there', async () => {
    const me = await thisProcess();
    expect(await lifeOf(me, me)).toBe(me.started === '' ? 'unknown' : 'alive');
    expect(await lifeOf({ ...me, pid: gone }, me)).toBe('dead');
  });

  it.runIf(process.platform === 'linux')('is told from a later one of its id by when it began', async () => {
    const me = await thisProcess();
    expect(await lifeOf({ ...me, started: '1' }, me)).toBe('dead');
  });

  it('cannot be judged from another machine, or where the system does not tell when it began', async () => {
    const me = await thisProcess();
    expect(await lifeOf({ ...me, machine: 'elsewhere' }, me)).toBe('unknown');
    expect(await lifeOf({ ...me, pid: gone, machine: 'elsewhere' }, me)).toBe('unknown');
    expect(await lifeOf({ ...me, started: '' }, me)).toBe('unknown');
  });

  it.runIf(process.platform === 'linux')('is dead as a zombie, which still has an id', async () => {
    // The shell starts a child and becomes a program that never asks how it ended.
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 1000']);
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(line.toString());
      const stat = () => readFile(`/proc/${pid}/stat`, 'utf8');
      while (!(await stat()).includes(') Z ')) await sleep(5);
      const started = (await stat()).split(') ')[1]!.split(' ')[19]!;
      const me = await thisProcess();
      expect(() => process.kill(pid, 0)).not.toThrow();
      expect(await lifeOf({ ...me, pid, started }, me)).toBe('dead');
    } finally {
      parent.kill('SIGKILL');
    }
  });
});

describe('quiet time', () => {
  it('adds up while the sign stays the same, and begins anew with another', () => {
    const quiet = new QuietTime();
    expect([100, 300, 900].map((now) => quiet.look('a', now))).toEqual([0, 200, 800]);
    expect(quiet.look('b', 1000)).toBe(0);
    expect(quiet.look('b', 1400)).toBe(400);
  });

  it('does not count what passed while nobody looked, as when the whole machine slept', () => {
    const quiet = new QuietTime();
    quiet.look('a', 0);
    expect(quiet.look('a', 3_600_000)).toBe(1000);
  });
});
