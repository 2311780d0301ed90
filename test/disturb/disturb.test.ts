import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { complaintsOf } from './complaints.ts';
import { parseOptions, UsageError } from './options.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/bundled.mjs', import.meta.url));

/** Runs `npm run disturb` with these arguments. */
function disturb(...args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = fork(SCRIPT, ['test/disturb/index.ts', ...args], { silent: true });
    let output = '';
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (text: Buffer) => (output += text.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

describe('npm run disturb', () => {
  it('for ten rounds with a fifth of all steps disturbed: the models are those of a training in peace', async () => {
    const { code, output } = await disturb('--rounds', '10', '--members', '4');
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toMatch(/disturbed: \d+ of \d\d+ steps/);
    expect(output).toMatch(/^the same models as in peace$/m);
  }, 600_000);

  it('refuses a command line that it does not understand', () => {
    expect(() => parseOptions(['--rounds', '0'])).toThrow(UsageError);
    expect(() => parseOptions(['--members', '3'])).toThrow(UsageError);
    expect(() => parseOptions(['--share', 'all'])).toThrow(UsageError);
    expect(() => parseOptions(['--round', '3'])).toThrow(UsageError);
    expect(parseOptions([])).toMatchObject({ rounds: 200, members: 5, share: 20 });
  });
});

describe('a disturbed training', () => {
  const models = new Map([
    [1, 'aa'],
    [2, 'bb'],
  ]);
  const peaceful = { rounds: 2, last: 'bb', models, refusals: [] };

  it('is as it should be where it comes to the same models, though not each of them was reported', () => {
    expect(complaintsOf(peaceful, { ...peaceful, models: new Map([[2, 'bb']]) }, 2)).toEqual([]);
  });

  it('is wrong with another model at its end or on the way, a round too few, or a refusal', () => {
    expect(complaintsOf(peaceful, { ...peaceful, last: 'cc' }, 2)).toEqual(['the last models differ: bb, cc']);
    const other = new Map([...models, [1, 'cc']] as const);
    expect(complaintsOf(peaceful, { ...peaceful, models: other }, 2)).toEqual(['models differ after rounds 1']);
    expect(complaintsOf(peaceful, { ...peaceful, rounds: 1 }, 2)).toEqual(['2 and 1 of 2 rounds committed']);
    expect(complaintsOf(peaceful, { ...peaceful, refusals: ['member 1'] }, 2)).toEqual(['refused: member 1']);
  });
});
