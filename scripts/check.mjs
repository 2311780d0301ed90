// Every check of the repository, in the order in which a failure is cheapest to learn: what `npm test` runs.
// `node scripts/check.mjs types lint` runs only the named ones.
import { spawnSync } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const bin = (name) => ['npx', ['--no-install', name]];

/** Name → command. `build` comes first: types need the generated kernels, end-to-end tests need dist/. */
const checks = {
  build: [process.execPath, ['scripts/build.mjs']],
  types: [...bin('tsc'), ['-p', 'tsconfig.json']],
  lint: [...bin('eslint'), ['.', '--max-warnings', '0']],
  format: [...bin('prettier'), ['--check', '--log-level', 'warn', '.']],
  imports: [
    ...bin('depcruise'),
    [
      '--config',
      '.dependency-cruiser.cjs',
      'cli.ts',
      'cli',
      'protocol',
      'client',
      'coordinator',
      'simulations',
      'bench',
      'test',
    ],
  ],
  dead: [...bin('knip')],
  package: [...bin('publint'), ['--strict']],
  audit: [process.execPath, ['scripts/audit.mjs']],
  nodes: [process.execPath, ['scripts/nodes.mjs']],
  tests: [...bin('vitest'), ['run']],
};

const named = process.argv.slice(2);
const unknown = named.filter((name) => !(name in checks));
if (unknown.length > 0) {
  process.stderr.write(`check: no check named ${unknown.join(', ')}; there are ${Object.keys(checks).join(', ')}\n`);
  process.exit(2);
}

for (const [name, [command, first, rest = []]] of Object.entries(checks)) {
  if (named.length > 0 && !named.includes(name)) continue;
  const started = performance.now();
  const { status } = spawnSync(command, [...first, ...rest], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`check ${name}: ${status === 0 ? 'ok' : 'FAILED'} (${seconds} s)\n`);
  if (status !== 0) process.exit(1);
}
