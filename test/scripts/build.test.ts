import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/*
 * On a fresh clone `npm start` once compiled for 41 silent seconds before its first word. What it takes to run is now
 * built without a look at types, and said step by step.
 */
let clone: string;

beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), 'cairn-build-'));
  const parts = [
    'bin',
    'protocol',
    'training',
    'learning',
    'platform',
    'inference',
    'client',
    'coordinator',
    'simulations',
  ];
  parts.push('cli', 'bench', 'scripts');
  const files = ['cli.ts', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
  // With the kernels of here, whose compiler is not what this is about; they come last, so that they are newer.
  for (const path of [...parts, ...files]) cpSync(path, join(clone, path), { recursive: true });
  for (const path of ['protocol', 'training']) {
    const kernel = `${path}/kernels/wasm.generated.ts`;
    writeFileSync(join(clone, kernel), readFileSync(kernel));
  }
  symlinkSync(resolve('node_modules'), join(clone, 'node_modules'));
});

afterAll(() => rmSync(clone, { recursive: true, force: true }));

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(...args: readonly string[]): Result {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: clone, encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

const build = (...options: readonly string[]): Result => run('scripts/build.mjs', ...options);

describe('the build of a fresh clone', () => {
  it('for npm start has all modules and no declarations, and says what it does', () => {
    const { code, stderr } = build('--if-stale', '--js');
    expect(code).toBe(0);
    expect(stderr.split('\n')).toEqual([
      'build: dist/ does not exist yet: building it, which takes some seconds',
      expect.stringMatching(/^build: \d{3,} modules took [\d.]+ s$/),
      '',
    ]);
    expect(existsSync(join(clone, 'dist/protocol/index.js'))).toBe(true);
    expect(existsSync(join(clone, 'dist/protocol/index.d.ts'))).toBe(false);
  });

  it('runs, and says nothing the second time', () => {
    expect(build('--if-stale', '--js')).toEqual({ code: 0, stdout: '', stderr: '' });
    const { code, stdout, stderr } = run('bin/cairn.js', 'explain', 'below-threshold');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('below-threshold: ');
  });

  it('is not complete for a package: what is asked for with declarations is not taken as built', () => {
    // A compiler that is not there ends it at once, with the folder as it was.
    rmSync(join(clone, 'node_modules'));
    const { code, stderr } = build('--if-stale');
    symlinkSync(resolve('node_modules'), join(clone, 'node_modules'));
    expect(code).toBe(1);
    expect(stderr).toContain('build: dist/ has no type declarations');
    expect(existsSync(join(clone, 'dist/cli.js'))).toBe(true);
    writeFileSync(join(clone, 'dist/.built'), 'complete');
    expect(build('--if-stale')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('shows a syntax error with its line, and leaves what runs where it is', () => {
    writeFileSync(join(clone, 'cli/version.ts'), 'export const version = (: string => "1";\n');
    const { code, stderr } = build('--if-stale', '--js');
    expect(code).toBe(1);
    expect(stderr).toContain('build: dist/ is older than its sources');
    expect(stderr).toContain('cli/version.ts:1:');
    expect(existsSync(join(clone, 'dist/cli.js'))).toBe(true);
  });
});
