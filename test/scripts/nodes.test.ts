import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fewMnist } from '../e2e/support/mnist.ts';

const folder = mkdtempSync(join(tmpdir(), 'cairn-nodes-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PLATFORM = `${process.platform}-${process.arch}`;
/** Nothing listens there, as on a machine without a network. */
const OFFLINE = { npm_config_registry: 'http://127.0.0.1:9', npm_config_cache: join(folder, 'npm') };

/** Images enough for a round. */
const few = await fewMnist(join(folder, 'few'), 600);

let scenes = 0;

/** A list of one release, 99.0.0, and a cache; with a script in the place of its binary, if one is given. */
function scene(packages: object, binary?: string): { readonly args: string[]; readonly cache: string } {
  const own = join(folder, String(scenes++));
  const cache = join(own, 'cache');
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(own, 'list.json'), JSON.stringify({ '99.0.0': packages }));
  if (binary !== undefined) {
    const path = join(cache, 'some-node-99.0.0');
    writeFileSync(path, `#!/bin/sh\n${binary}\n`);
    chmodSync(path, 0o755);
  }
  return { args: ['scripts/nodes.mjs', '--list', join(own, 'list.json'), '--cache', cache], cache };
}

const environment = (more: object = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  ...OFFLINE,
  TMPDIR: folder,
  CAIRN_MNIST_DIR: few,
  ...more,
});

function nodes(args: readonly string[], env: object = {}): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: environment(env) });
  return { code: status, stdout, stderr };
}

const PINNED = { [PLATFORM]: { package: 'some-node', integrity: 'sha512-AAAA' } };
/** Answers to `-p process.versions.node` as release 99 would, and does with everything else what this one does. */
const REAL = `if [ "$1" = -p ]; then echo 99.0.0; else exec '${process.execPath}' "$@"; fi`;
const leftovers = (): string[] => readdirSync(folder).filter((name) => name.startsWith('cairn-nodes-'));

describe('the check on other releases of Node', () => {
  it.each([
    ['that no package is pinned for', {}, `no package for ${PLATFORM} is pinned`],
    ['that cannot be fetched', PINNED, 'npm could not provide some-node@99.0.0 (ECONNREFUSED)'],
  ])('says in one line that a release was not run %s, and passes unless it is required', (_what, packages, reason) => {
    const { args, cache } = scene(packages);
    const stdout = `nodes: Node 99.0.0 was not run: ${reason}\n`;
    expect(nodes(args)).toEqual({ code: 0, stdout, stderr: '' });
    expect(nodes(args, { CAIRN_NODES: 'required' })).toEqual({ code: 1, stdout, stderr: '' });
    expect(readdirSync(cache)).toEqual([]);
  });

  it('refuses a file other than the pinned one, and keeps nothing of it', () => {
    const { args, cache } = scene(PINNED);
    // An npm that gives whatever it has.
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'npm'), '#!/bin/sh\n[ "$1" = pack ] && echo other > "$4/some-node-99.0.0.tgz"\n');
    chmodSync(join(bin, 'npm'), 0o755);
    const { code, stderr } = nodes(args, { PATH: `${bin}:${process.env['PATH'] ?? ''}` });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^nodes: some-node@99.0.0 is not the pinned file: sha512-/);
    expect(readdirSync(cache)).toEqual([]);
  });

  it('refuses a release that is not in its list', () => {
    const { code, stderr } = nodes([...scene(PINNED).args, '98']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'nodes: no release 98; the releases are 99.0.0\n' });
  });

  it('runs the tests and a real round on a release, and names how it imports keys', () => {
    const { args } = scene(PINNED, REAL);
    const { code, stdout, stderr } = nodes([...args, '--tests', 'test/crypto/bytes.test.ts']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^nodes: Node 99\.0\.0, private keys: \w+, public keys: \w+: \d+ passed \(\d+\) in [\d.]+ s, a round of 4 clients in [\d.]+ s\n$/,
    );
    expect(leftovers()).toEqual([]);
  }, 240_000);

  it.each([
    ['tests fail', 'case "$*" in *vitest*) echo broken; exit 1;; esac', 'broken\n', 'tests failed (1)'],
    ['a round fails', 'case "$*" in *demo*) echo broken >&2; exit 5;; esac', 'broken\n', 'a round failed (5)'],
    [
      'a round warns its user',
      `case "$*" in *demo*) echo "(node:1) [DEP0001] DeprecationWarning: old" >&2; echo '{"rounds":1}'; exit 0;; esac`,
      'DeprecationWarning: old\n',
      'a round without warnings failed (0)',
    ],
  ])('fails if on a release %s, and shows what was said', (_what, first, said, verdict) => {
    const { args } = scene(PINNED, `${first}\n${REAL}`);
    const { code, stdout } = nodes([...args, '--tests', 'test/crypto/bytes.test.ts']);
    expect(code).toBe(1);
    expect(stdout).toContain(said);
    expect(stdout).toContain(`nodes: Node 99.0.0: ${verdict}\n`);
  });

  it('ends on Ctrl-C with 130, and everything that it started with it', async () => {
    // A run of tests that would last, with a worker that ignores signals. Both hold the pipe open as long as they live.
    const pipe = join(folder, 'pipe');
    spawnSync('sh', ['-c', 'mkfifo "$0"', pipe]);
    const lasting = `case "$*" in *vitest*) exec 3>'${pipe}'; (trap '' INT TERM; echo ready >&3; sleep 600) & wait;; esac`;
    const { args } = scene(PINNED, `${lasting}\n${REAL}`);
    const reader = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'ignore'] });
    const ready = new Promise((resolve) => reader.stdout.once('data', resolve));
    const allGone = new Promise((resolve) => reader.on('close', resolve));
    const child = spawn(process.execPath, args, { stdio: 'ignore', env: environment() });
    const ended = new Promise((resolve) => child.on('close', resolve));
    await ready;
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    await allGone;
    expect(leftovers()).toEqual([]);
  });
});
