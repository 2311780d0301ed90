import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { isEarlierBoot } from '../../platform/earlier-boot.ts';
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

describe('a machine before it was started again', () => {
  const [before, now] = ['11111111-2222-3333-4444-555555555555', 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee'];
  const [first, ext4, nfs] = ['pid:[4026531836]', 0xef53, 0x6969];

  it('is known by its name and its other boot, outside containers and on a file system of one kernel', () => {
    expect(isEarlierBoot(`desk ${before} ${first}`, `desk ${now} ${first}`, ext4)).toBe(true);
  });

  it.each([
    ['the same boot', `desk ${now} ${first}`, `desk ${now} ${first}`, ext4],
    ['another name', `shelf ${before} ${first}`, `desk ${now} ${first}`, ext4],
    ['a network file system, which another machine of that name may use', ...machines(first, first), nfs],
    ['an overlay', ...machines(first, first), 0x794c7630],
    ['a system that does not name the file system', ...machines(first, first), 0],
    ['a container that it was in, whose boot may be made up', ...machines('pid:[4026532177]', first), ext4],
    ['a container that we are in', ...machines(first, 'pid:[4026532177]'), ext4],
    ['two containers', ...machines('pid:[4026532177]', 'pid:[4026532178]'), ext4],
    ['no boot', `desk ${first}`, `desk ${now} ${first}`, ext4],
    ['no boot of ours', `desk ${before} ${first}`, `desk ${first}`, ext4],
    ['a name alone', 'desk', 'desk', ext4],
    ['more than a machine has', `desk ${before} ${first} more`, `desk ${now} ${first}`, ext4],
  ])('is not taken for granted with %s', (_, machine, own, fileSystem) => {
    expect(isEarlierBoot(machine, own, fileSystem)).toBe(false);
  });

  function machines(space: string, ownSpace: string): [string, string] {
    return [`desk ${before} ${space}`, `desk ${now} ${ownSpace}`];
  }
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
