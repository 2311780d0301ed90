import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { damaged } from './damage.ts';
import { parseOptions, UsageError } from './options.ts';
import { refusalCode, Violation } from './outcome.ts';
import { targets } from './targets/index.ts';
import { CairnError } from '../../protocol/errors.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/bundled.mjs', import.meta.url));

/** Runs `npm run fuzz` with these arguments. */
function fuzz(...args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = fork(SCRIPT, ['test/fuzz/index.ts', ...args], { silent: true });
    let output = '';
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (text: Buffer) => (output += text.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

describe('npm run fuzz', () => {
  it('finds nothing in a short run with a new seed over every target', async () => {
    const { code, output } = await fuzz('--inputs', '10000');
    // What it prints names the seed and the path of a failure.
    expect(output).not.toContain('FAILED');
    for (const { name } of targets) expect(output).toContain(`${name}: `);
    expect(output).toMatch(/\n1[0-4]\d{3} inputs in .* 0 of \d+ targets failed/);
    expect(code).toBe(0);
  }, 300_000);

  it('refuses a command line that it does not understand', async () => {
    expect((await fuzz('--target', 'nothing')).code).toBe(2);
    expect(() => parseOptions(['--inputs', 'many'])).toThrow(UsageError);
    expect(() => parseOptions(['--seed'])).toThrow(UsageError);
    expect(() => parseOptions(['--sed', '1'])).toThrow(UsageError);
    expect(parseOptions(['--inputs', '1e6', '--seed', '3', '--target', 'wire'])).toMatchObject({
      ...{ inputs: 1_000_000, seed: 3, targets: ['wire'] },
    });
  });
});

describe('what counts as a refusal', () => {
  it('is an error of a known code, and neither a foreign error nor an internal one', () => {
    expect(refusalCode(new CairnError('wire-bounds', 'too long'))).toBe('wire-bounds');
    expect(() => refusalCode(new CairnError('internal', 'a TypeError, wrapped'))).toThrow(Violation);
    expect(() => refusalCode(new RangeError('Invalid typed array length'))).toThrow(Violation);
    expect(() => refusalCode('text')).toThrow(Violation);
  });
});

describe('damage', () => {
  it('changes copies, at any place, of bytes of any length', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    const others = [Uint8Array.of(9, 8, 7, 6, 5)];
    expect(damaged(bytes, [{ op: 'flip', at: 1, bit: 0 }], others)).toEqual(Uint8Array.of(1, 3, 3, 4));
    expect(damaged(bytes, [{ op: 'cut', at: 2 }], others)).toEqual(Uint8Array.of(1, 2));
    expect(damaged(bytes, [{ op: 'extreme', at: 2, width: 4, value: 0xffff_fffe }], others)).toEqual(
      Uint8Array.of(1, 2, 0xfe, 0xff),
    );
    expect(damaged(bytes, [{ op: 'splice', at: 2, from: 0, other: 0 }], others)).toEqual(Uint8Array.of(1, 2, 7, 6, 5));
    expect(damaged(new Uint8Array(), [{ op: 'set', at: 5, value: 1 }], others)).toEqual(new Uint8Array());
    expect(bytes).toEqual(Uint8Array.of(1, 2, 3, 4));
  });
});
