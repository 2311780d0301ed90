import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RoundReport } from '../../coordinator/index.ts';
import { cairnOnce, ROOT, Running } from './support/running.ts';
import { CoordinatorProcess, World } from './support/world.ts';

let world: World;

beforeEach(async () => {
  world = await World.create();
});

afterEach(() => world.end());

const saying = (running: Running, text: string | RegExp): Promise<string> =>
  running.line('stderr', (line) => (typeof text === 'string' ? line.includes(text) : text.test(line)));

// With two of three clinics there, the coordinator printed nothing at all.
describe('an operator’s terminal', () => {
  it('says who is there and who is awaited, by name, one line a change', async () => {
    await world.enrol(3);
    const { running, url } = await world.coordinator({ cohort: 3 }, { logLevel: 'silent' });
    expect(await saying(running, '0 of 3 seated')).toBe(
      'tiny, round 1: 0 of 3 seated, waiting for 3 more: member-1, member-2, member-3',
    );
    const [first, second] = [1, 2].map((member) => world.member(url, member));
    expect(await saying(running, '2 of 3 seated')).toBe(
      'tiny, round 1: 2 of 3 seated (member-1, member-2), waiting for 1 more: member-3',
    );
    await second!.sigint();
    await saying(running, /1 of 3 seated \(member-1\), waiting for 2 more: member-2, member-3/);
    // It could not do without: two are too few for any sum.
    expect(running.stderr.some((line) => line.includes('To continue without'))).toBe(false);
    await first!.sigint();
  });

  it('names a quorum that it could do without, once a member has left', async () => {
    const { running, url } = await world.coordinator(
      { cohort: 4, minCohort: 3, adversary: 'curious' },
      { logLevel: 'silent' },
    );
    const guests = ['anna', 'ben', 'cleo', 'anna'].map((name) => world.guest(url, {}, ['--name', name]));
    await running.line('stdout', (line) => line.includes('"committed"'));
    await guests[2]!.sigint();
    expect(await saying(running, 'To continue without')).toMatch(
      /^tiny: "cleo"\? left and may not come back; the 3 present are enough for a sum, but the task waits for its quorum of 4\. To continue without them, restart with quorum 3, or with quorumTimeout \(seconds\) and afterQuorumTimeout "run"$/,
    );
  });

  it('shows members by name in its lines and in rounds.jsonl', async () => {
    await world.enrol(4);
    const path = await world.configure({ cohort: 4, minCohort: 3, rounds: 1 }, { logLevel: 'silent' });
    const running = new Running(process.execPath, [join(ROOT, 'dist/cli.js'), 'coordinator', path]);
    const url = /https?:\/\/[^;]+/.exec(await saying(running, 'listening on'))![0];
    for (const member of [1, 2, 4]) world.member(url, member);
    const third = world.member(url, 3, { hold: 'masked-input' });
    await third.hung();
    third.running.kill('SIGKILL');
    const line = await running.line('stdout', (text) => text.startsWith('round 1'));
    expect(line).toContain('dropped: member-3 (3) at masked-input (does not count)');
    const [report] = (await readFile(world.path('data/rounds.jsonl'), 'utf8')).trimEnd().split('\n');
    expect((JSON.parse(report!) as RoundReport).names).toEqual([{ member: 3, name: 'member-3', proven: true }]);
  });
});

describe('a quorum that does not come in time', () => {
  it('does not end the coordinator, and is said with what could be changed', async () => {
    const { running, url } = await world.coordinator(
      { cohort: 3, adversary: 'curious', quorumTimeout: 0.3 },
      { logLevel: 'silent' },
    );
    expect(await saying(running, 'was not reached within 0.3 s')).toContain(
      '(quorumTimeout); 0 are present, 3 are needed; still waiting: start more clients, or lower quorum, or set afterQuorumTimeout to "run" or "fail"',
    );
    for (const name of ['a', 'b', 'c']) world.guest(url, {}, ['--name', name]);
    await running.line('stdout', (line) => line.includes('"committed"'));
  });
});

describe('a store that the command line names', () => {
  it('is used instead of dataDir, and another kind is refused', async () => {
    const path = await world.configure({ cohort: 3, adversary: 'curious', rounds: 1 }, { logLevel: 'silent' });
    const start = (store: string): Running =>
      new Running(process.execPath, [join(ROOT, 'dist/cli.js'), 'coordinator', path, '--store', store]);
    const folder = world.path('elsewhere');
    const running = start(`file:${folder}`);
    const url = /https?:\/\/[^;]+/.exec(await saying(running, 'listening on'))![0];
    for (const name of ['a', 'b', 'c']) world.guest(url, {}, ['--name', name]);
    await saying(running, join(folder, 'latest', 'tiny.safetensors'));
    expect((await readFile(join(folder, 'rounds.jsonl'), 'utf8')).trimEnd().split('\n')).toHaveLength(1);
    await expect(readFile(world.path('data/rounds.jsonl'))).rejects.toMatchObject({ code: 'ENOENT' });

    const other = start('redis://localhost');
    expect((await other.exited).code).toBe(3);
    expect(other.stderr.join('')).toContain('expected file:PATH or memory:, but it is "redis://localhost"');
  });
});

describe('what an operator is told before the first round', () => {
  it('is what privacy costs, and whom sums of two shut out', async () => {
    const privacy = { epsilon: 8, placement: 'central', noiseMultiplier: 20 };
    const { running } = await world.coordinator(
      { cohort: 2, adversary: 'curious', privacy, modulusBits: 24 },
      { logLevel: 'silent' },
    );
    await saying(
      running,
      /^tiny: privacy costs accuracy\. The mean of 2 updates .*it takes about 4\d members in a round/,
    );
    await saying(running, /^task "tiny" allows sums of 2 \(minCohort\), .* --min-cohort 2/);
  });

  it('is every mistake in the configuration, with the line of one that is not JSON', async () => {
    const path = await world.configure({ cohort: 3, quorm: 2, rounds: 'x' }, { prot: 1 }, 'wrong.json');
    const { code, stderr } = await cairnOnce(['coordinator', path]);
    expect([code, stderr.length]).toEqual([3, 1]);
    for (const part of ['"prot"; did you mean "port"', '"quorm"', 'tasks[0].rounds']) expect(stderr[0]).toContain(part);
    await writeFile(path, '\uFEFF{\n  "tasks": [],,\n}\n');
    expect((await cairnOnce(['coordinator', path])).stderr[0]).toContain(`${path} is not JSON: line 2, column 15: `);
  });

  it('is the file that a full disk has cut, and the hint', async () => {
    const config = await world.configure({ cohort: 3, adversary: 'curious' }, { logLevel: 'silent' });
    const first = await CoordinatorProcess.start([config]);
    await first.stop('SIGINT');
    const path = world.path('data/tasks/tiny.json');
    await writeFile(path, (await readFile(path, 'utf8')).slice(0, 50));
    const { code, stderr } = await cairnOnce(['coordinator', config]);
    expect(code).toBe(3);
    expect(stderr[0]).toContain(path);
    expect(stderr[0]).toContain('restore the file from a copy');
  });
});

/** A program of util-linux that gives another one a terminal; on other systems it takes other options, or is missing. */
const SCRIPT = 'script';

function hasScript(): boolean {
  try {
    return execFileSync(SCRIPT, ['--version'], { encoding: 'utf8' }).includes('util-linux');
  } catch {
    return false;
  }
}

/** What a terminal shows in the end of what is written to it: lines that scrolled up, and the one that is written over. */
function screenOf(text: string): readonly string[] {
  return text.split('\n').map((line) => {
    const last = line
      .replace(/\r$/, '')
      .split(/\r\u001b\[2K/)
      .at(-1);
    return last ?? '';
  });
}

describe.skipIf(!hasScript())('on a real terminal', () => {
  it('who is there stands in one live line, and rounds pass above it', async () => {
    const path = await world.configure({ cohort: 3, adversary: 'curious', rounds: 2 }, { logLevel: 'silent' });
    const command = `stty cols 100; exec ${process.execPath} ${join(ROOT, 'dist/cli.js')} coordinator ${path}`;
    const running = new Running(SCRIPT, ['-qfec', command, '/dev/null'], { env: { TERM: 'xterm' }, group: true });
    const listening = await running.line('stdout', (line) => line.includes('listening on'));
    const url = /https?:\/\/[^;\s]+/.exec(listening)![0];
    for (const name of ['a', 'b', 'c']) world.guest(url, {}, ['--name', name]);
    await running.line('stdout', (line) => line.includes('round 2 |'));
    running.kill('SIGINT');
    await running.exited;
    const text = running.stdout.join('\n');
    expect(text).toContain('\r\u001b[2Ktiny, round 1: 0 of 3 seated, waiting for 3 more');
    expect(text).toMatch(/\u001b\[2Ktiny, round 1: masked-input, 3 in/);
    const shown = screenOf(text);
    const rounds = shown.filter((line) => line.startsWith('round '));
    expect(rounds).toHaveLength(2);
    // Nothing of the live line is left before or behind another one.
    for (const line of shown) expect(line).not.toMatch(/.+tiny, round|waiting for.*round \d/);
  });
});
