import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { contributionOf, SIZE } from './contribution.ts';
import { type Committed, Ledger } from './ledger.ts';
import { courseOf, type Sample } from './memory.ts';
import { parseOptions, UsageError } from './options.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/bundled.mjs', import.meta.url));

/** Runs `npm run soak` with these arguments. */
function soak(...args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = fork(SCRIPT, ['test/soak/index.ts', ...args], { silent: true });
    let output = '';
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (text: Buffer) => (output += text.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

describe('npm run soak', () => {
  it('for ten seconds, one client of twenty hostile: every sum is exact, and everybody is let go', async () => {
    const { code, output } = await soak('--clients', '20', '--minutes', '0.17');
    expect(output).toMatch(/sums: [1-9]\d* exact, 0 wrong, 0 undecided/);
    expect(output).toContain('connected when all had gone: 0');
    expect(code, output).toBe(0);
  }, 300_000);

  it('refuses a command line that it does not understand', () => {
    expect(() => parseOptions(['--clients', '3'])).toThrow(UsageError);
    expect(() => parseOptions(['--minutes', 'long'])).toThrow(UsageError);
    expect(() => parseOptions(['--minute', '3'])).toThrow(UsageError);
    expect(parseOptions([])).toMatchObject({ clients: 200, minutes: 10, hostile: 5 });
  });
});

const round = { task: 'toy', round: 3 };

/** A round whose model moved by the mean of these vectors, from models as they come. */
function committed(...vectors: readonly (readonly number[])[]): Committed {
  const before = Float32Array.from({ length: SIZE }, (_, j) => 100 / (j + 1));
  const mean = (j: number): number => vectors.reduce((sum, vector) => sum + vector[j]!, 0) / vectors.length;
  return { ...round, included: vectors.length, before, after: before.map((value, j) => value + mean(j)) };
}

function ledgerOf(sent: readonly number[], told: readonly number[]): Ledger {
  const ledger = new Ledger();
  for (const member of sent) ledger.note({ kind: 'sent', ...round, member });
  for (const member of told) ledger.note({ kind: 'included', ...round, member });
  return ledger;
}

describe('a soak’s ledger', () => {
  const of = (...members: readonly number[]): Committed => committed(...members.map(contributionOf));

  it('finds a sum exact where those told to be in, and as many of those not heard of as are missing, make it', () => {
    expect(ledgerOf([1, 2, 3], [1, 2, 3]).judge(of(1, 2, 3))).toBe('exact');
    expect(ledgerOf([1, 2, 3, 4, 5], [1, 2]).judge(of(1, 2, 4))).toBe('exact');
    expect(ledgerOf([1, 2], [1, 2]).judge(of(1, 2, 9), [8, 9])).toBe('exact');
  });

  it('finds every other sum wrong', () => {
    expect(ledgerOf([1, 2, 3], [1, 2, 3]).judge(of(1, 2, 4))).toBe('wrong');
    expect(ledgerOf([1, 2, 3], [1, 2, 3]).judge(of(1, 2))).toBe('wrong');
    expect(ledgerOf([1, 2, 3, 4], [1, 2]).judge(of(1, 2, 9))).toBe('wrong');
    expect(ledgerOf([1, 2, 3], [1, 2]).judge(of(1, 2, 3, 4))).toBe('wrong');
    const one = contributionOf(3).map((value, j) => value + (j === 4 ? 1 : 0));
    expect(ledgerOf([1, 2, 3], [1, 2, 3]).judge(committed(contributionOf(1), contributionOf(2), one))).toBe('wrong');
  });

  it('counts what a hostile client said that it put in, and knows no round that was judged', () => {
    const lie = contributionOf(3).map((value) => value + 1000);
    const ledger = ledgerOf([1, 2], [1, 2]);
    ledger.note({ kind: 'sent', ...round, member: 3, vector: lie });
    expect(ledger.judge(committed(contributionOf(1), contributionOf(2), lie))).toBe('exact');
    ledger.forget(round);
    expect(ledger.judge(of(1, 2))).toBe('wrong');
  });

  it('says so where models are too large to tell one sum from another', () => {
    const huge = { ...of(1, 2), after: new Float32Array(SIZE).fill(1e7) };
    expect(ledgerOf([1, 2], [1, 2]).judge(huge)).toBe('undecided');
  });
});

describe('a soak’s slope', () => {
  it('is that of all but the first third, in MiB a minute', () => {
    const samples = Array.from({ length: 31 }, (_, i): Sample => {
      const at = i / 3;
      const rss = 2 ** 20 * (at < 10 / 3 ? 50 * at : 160 + 2 * at);
      return { at, rss, heapUsed: 2 ** 20, external: 0 };
    });
    expect(courseOf(samples, 'rss').slope).toBeCloseTo(2, 6);
    expect(courseOf(samples, 'heapUsed')).toMatchObject({ least: 1, median: 1, most: 1, slope: 0 });
  });
});
