// Every check of the repository: what `npm test` runs. `node scripts/check.mjs types lint` runs only the named ones.
//
// `build` comes first, since types need the generated kernels and end-to-end tests need dist/. Then the checks that
// fail fast run two at a time, since most are single-threaded and two cores are our minimum; each one's output is shown
// in one piece at its end. The tests come last and have the machine to themselves. Tools that can cache results do so
// in node_modules/.cache: a second run checks only what has changed.
import { spawn } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const bin = (name) => ['npx', ['--no-install', name]];
const cache = 'node_modules/.cache/cairn';
const sources = [
  'cli.ts',
  'cli',
  'protocol',
  'training',
  'learning',
  'platform',
  'inference',
  'client',
  'coordinator',
  'simulations',
  'bench',
  'test',
];

/**
 * Stages, one after another, of name → command. Within one the longest come first, so that none is left running alone
 * at the end. Caches go by file contents: a fresh checkout has new times, but old contents.
 */
const stages = [
  { build: [process.execPath, ['scripts/build.mjs', '--unchecked']] },
  { packages: [process.execPath, ['scripts/packages.mjs']] },
  {
    types: [...bin('tsc'), ['-p', 'tsconfig.json', '--incremental', '--tsBuildInfoFile', `${cache}/types.tsbuildinfo`]],
    lint: [
      ...bin('eslint'),
      ['.', '--max-warnings', '0', '--cache', '--cache-strategy', 'content', '--cache-location', `${cache}/eslint/`],
    ],
    nodes: [process.execPath, ['scripts/nodes.mjs']],
    format: [
      ...bin('prettier'),
      ['--check', '--log-level', 'warn', '--cache', '--cache-strategy', 'content'],
      ['--cache-location', `${cache}/prettier`, '.'],
    ],
    imports: [...bin('depcruise'), ['--config', '.dependency-cruiser.cjs', ...sources]],
    dead: [...bin('knip')],
    'tests-only': [...bin('knip'), ['--config', 'knip.shipped.jsonc', '--include', 'files,exports,types']],
    api: [process.execPath, ['scripts/api.mjs', '--check']],
    package: [...bin('publint'), ['--strict']],
    audit: [process.execPath, ['scripts/audit.mjs']],
  },
  { tests: [...bin('vitest'), ['run']] },
];
const AT_ONCE = 2;

const names = stages.flatMap(Object.keys);
const named = process.argv.slice(2);
const unknown = named.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`check: no check named ${unknown.join(', ')}; the checks are ${names.join(', ')}\n`);
  process.exit(2);
}

let failed = false;

/** Runs one check. @param alone shows its output as it comes, instead of at its end */
async function check(name, [command, ...args], alone) {
  const started = performance.now();
  const child = spawn(command, args.flat(), { cwd: root, stdio: ['ignore', alone ? 1 : 'pipe', alone ? 2 : 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text));
  const status = await new Promise((done) => {
    child.on('error', ({ message }) => ((output += `${message}\n`), done(undefined)));
    child.on('close', done);
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${output}check ${name}: ${status === 0 ? 'ok' : 'FAILED'} (${seconds} s)\n`);
  failed ||= status !== 0;
}

for (const stage of stages) {
  const wanted = Object.entries(stage).filter(([name]) => named.length === 0 || named.includes(name));
  const alone = wanted.length === 1;
  const lane = async () => {
    // After a failure no check is started any more; running ones may still report a second failure.
    for (let next; !failed && (next = wanted.shift()) !== undefined;) await check(...next, alone);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  if (failed) process.exit(1);
}
