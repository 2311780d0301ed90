import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPieces } from '../../../inference/dealer/index.ts';
import { made, USE } from './support/made.ts';

const SUPPORT = resolve(import.meta.dirname, 'support');

let folder: string;
let taker: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-dealer-kill-'));
  taker = join(folder, 'taker.mjs');
  await build({
    entryPoints: [join(SUPPORT, 'taker.ts')],
    outfile: taker,
    bundle: true,
    platform: 'node',
    format: 'esm',
    // A dependency asks for its modules by `require`.
    banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` },
    logLevel: 'error',
  });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** A process that takes pieces, and all that it has said. */
class Taker {
  readonly child: ChildProcess;
  readonly said: string[] = [];
  readonly #ended: Promise<unknown>;

  /** @param killAt the number of the operation on files after which it is killed; 0 for never */
  constructor(args: readonly string[], killAt = 0) {
    this.child = spawn(process.execPath, ['--import', join(SUPPORT, 'kill-at.mjs'), taker, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, KILL_AT: String(killAt) },
    });
    this.#ended = once(this.child, 'close');
    let rest = '';
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      this.said.push(...lines);
      this.child.emit('said');
    });
  }

  /** Waits until it has said that many lines, or has ended. */
  async hasSaid(lines: number): Promise<void> {
    while (this.said.length < lines && this.child.exitCode === null && this.child.signalCode === null) {
      await Promise.race([once(this.child, 'said'), this.#ended]);
    }
  }

  /** Waits for its end. @returns whether it was killed */
  async end(): Promise<boolean> {
    await this.#ended;
    return this.child.signalCode === 'SIGKILL';
  }

  /** What it said of pieces. */
  get pieces(): readonly string[] {
    return this.said.filter((line) => /^\d/.test(line));
  }
}

/**
 * Runs takers that are killed after one operation more each time, until one ends by itself.
 * @param between called after every other one: each must find what one, and what two that were killed have left
 * @returns all they said
 */
async function killedEverywhere(
  args: readonly string[],
  between: (pieces: readonly string[]) => Promise<void>,
): Promise<{ readonly runs: number; readonly pieces: string[] }> {
  const pieces: string[] = [];
  for (let killAt = 1; ; killAt++) {
    const one = new Taker(args, killAt);
    const killed = await one.end();
    pieces.push(...one.pieces);
    if (killAt % 2 === 0) await between(pieces);
    if (killed) continue;
    expect(one.said.at(-1)).toBe('closed');
    return { runs: killAt, pieces };
  }
}

const indices = (pieces: readonly string[]): number[] => pieces.map((line) => Number(line.split(' ')[0]));

describe('a process that is killed while it uses a file', () => {
  it('at any operation on files has been given no piece that another one is given', async () => {
    const path = join(folder, 'everywhere');
    await made(path, 300);
    const isBeyond = async (said: readonly string[]): Promise<void> => {
      const file = await openPieces(path, USE);
      expect(file.next).toBeGreaterThan(Math.max(-1, ...indices(said)));
      await file.close();
    };
    const { runs, pieces } = await killedEverywhere([path, '2'], isBeyond);
    expect(runs).toBeGreaterThan(20);
    expect(pieces.length).toBeGreaterThan(10);
    expect(new Set(indices(pieces)).size).toBe(pieces.length);
    expect(new Set(pieces.map((line) => line.split(' ')[1])).size).toBe(pieces.length);
    await isBeyond(pieces);
    // A killed one wastes a piece at most.
    const file = await openPieces(path, USE);
    expect(file.next).toBeLessThanOrEqual(pieces.length + runs);
    await file.close();
  });

  it('from outside, after any number of pieces, has been given none that another one is given', async () => {
    const path = join(folder, 'outside');
    await made(path, 200);
    const pieces: string[] = [];
    for (let lines = 1; lines <= 8; lines++) {
      const one = new Taker([path, '200']);
      await one.hasSaid(lines);
      one.child.kill('SIGKILL');
      await one.end();
      pieces.push(...one.pieces);
    }
    const last = new Taker([path, '200']);
    await last.end();
    pieces.push(...last.pieces);
    expect(last.said.at(-1)).toBe('dealt-used-up');
    expect(new Set(indices(pieces)).size).toBe(pieces.length);
    expect(pieces.length).toBeGreaterThanOrEqual(200 - 8);
    expect(Math.max(...indices(pieces))).toBe(199);
  });

  it('would be found to share a piece with another one, if it were written off after it was given', async () => {
    const path = join(folder, 'late');
    await writeFile(path, '0');
    const { pieces } = await killedEverywhere([path, '3', 'late'], () => Promise.resolve());
    expect(new Set(pieces).size).toBeLessThan(pieces.length);
  });
});

describe('two processes that use a file', () => {
  it('are not both given pieces of it at once, and none twice in the end', async () => {
    const path = join(folder, 'both');
    await made(path, 40);
    const pieces: string[] = [];
    const ends = new Set<string>();
    while (!ends.has('dealt-used-up')) {
      const both = [new Taker([path, '7']), new Taker([path, '7'])];
      await Promise.all(both.map((one) => one.end()));
      for (const one of both) {
        pieces.push(...one.pieces);
        ends.add(one.said.at(-1)!);
      }
    }
    expect([...ends].filter((end) => !['closed', 'dealt-file', 'dealt-used-up'].includes(end))).toEqual([]);
    expect(indices(pieces).sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });

  it('find it in use while one has it open, whichever asks', async () => {
    const path = join(folder, 'held');
    await made(path, 5);
    const file = await openPieces(path, USE);
    const other = new Taker([path, '1']);
    await other.end();
    expect(other.said).toEqual(['dealt-file']);
    await file.close();
    const later = new Taker([path, '1']);
    await later.end();
    expect(later.said.at(-1)).toBe('closed');
  });
});
