// Checks what depends on the release of Node, on every release in use: the tests of cryptography, numbers, wire and
// states, and a round of the demonstration with real processes, on each release in node-binaries.json except the one
// that runs this, which the whole suite runs on. `node scripts/nodes.mjs 24 26` runs two of them. An unavailable
// release is reported in one line and is not a failure, unless CAIRN_NODES=required. `--list FILE`, `--cache FOLDER`
// and `--tests NAME` (may be repeated) are for the tests of this script.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nodeBinary, Unavailable } from './node-binaries.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: 'string', default: join(root, 'scripts/node-binaries.json') },
    cache: { type: 'string', default: join(root, 'node_modules/.cache/cairn/nodes') },
    tests: { type: 'string', multiple: true, default: ['test/crypto', 'test/numeric', 'test/wire', 'test/states'] },
  },
});
const say = (text) => process.stdout.write(`nodes: ${text}\n`);
const majorOf = (version) => version.split('.')[0];
const DEMO = ['--clients', '4', '--rounds', '1', '--kill', '0', '--seed', '7'];
/**
 * Hundreds of thousands of damaged messages, for decoders that use nothing from Node: once, in the suite, is enough.
 */
const NOT_AGAIN = ['test/wire/damage.test.ts'];
/** Output that a new user should not see. */
const WARNING = /^\(node:\d+\)|Warning: /m;

const stop = new AbortController();
const groups = new Set();
const scratch = mkdtempSync(join(tmpdir(), 'cairn-nodes-'));

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // the group has ended
  }
}

process.on('exit', () => {
  for (const pid of groups) signalGroup(pid, 'SIGKILL');
  rmSync(scratch, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    stop.abort();
    for (const pid of groups) signalGroup(pid, signal);
    // Time to end in their own way; any that are left are killed on exit.
    setTimeout(() => process.exit(130), 5000).unref();
  });
}

/** Runs a program in a separate process group, so that all that it starts can be ended with it. */
function finished(command, args) {
  stop.signal.throwIfAborted();
  const began = performance.now();
  const child = spawn(command, args, { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (output[name] += text));
  groups.add(child.pid);
  return new Promise((done, failed) => {
    child.on('error', failed);
    // A process that it left behind would hold its output open, and `close` would not come.
    child.on('exit', () => signalGroup(child.pid, 'SIGKILL'));
    child.on('close', (code, signal) => {
      groups.delete(child.pid);
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      if (stop.signal.aborted) failed(stop.signal.reason);
      else done({ ...output, end: code ?? signal, seconds });
    });
  });
}

/** Prints the whole output of a failed command. */
function report(what, { stdout, stderr, end }) {
  process.stdout.write(`${stdout}${stderr}`);
  say(`${what} failed (${end})`);
  return false;
}

async function passes(version, binary) {
  const cairn = join(root, 'bin/cairn.js');
  const about = await finished(binary, [cairn, '--version', '--verbose']);
  if (about.end !== 0) return report(`Node ${version}: cairn --version --verbose`, about);
  const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...values.tests, '--exclude', ...NOT_AGAIN];
  const tests = await finished(binary, vitest);
  if (tests.end !== 0) return report(`Node ${version}: tests`, tests);
  const demo = await finished(binary, [cairn, 'demo', ...DEMO, '--out', scratch]);
  const summary = demo.end === 0 ? JSON.parse(demo.stdout.trim().split('\n').at(-1)) : undefined;
  if (summary?.rounds !== 1) return report(`Node ${version}: a round`, demo);
  if (WARNING.test(demo.stderr)) return report(`Node ${version}: a round without warnings`, demo);
  const counted = /Tests\s+(.*)$/m.exec(tests.stdout.replaceAll(/\u001b\[\d+m/g, ''))?.[1] ?? 'tests passed';
  const [, , ...keys] = about.stdout.trim().split('\n');
  say(
    `Node ${version}, ${keys.join(', ')}: ${counted} in ${tests.seconds} s, a round of 4 clients in ${demo.seconds} s`,
  );
  return true;
}

async function main() {
  const releases = Object.entries(JSON.parse(readFileSync(values.list, 'utf8')));
  const unknown = positionals.filter((major) => !releases.some(([version]) => majorOf(version) === major));
  if (unknown.length > 0) {
    process.stderr.write(
      `nodes: no release ${unknown.join(', ')}; the releases are ${releases.map(([v]) => v).join(', ')}\n`,
    );
    return 2;
  }
  const wanted = releases.filter(([version]) =>
    positionals.length > 0
      ? positionals.includes(majorOf(version))
      : majorOf(version) !== majorOf(process.versions.node),
  );
  // All in parallel: unavailable ones should not be waited for one after another.
  const fetched = await Promise.allSettled(
    wanted.map(([version, packages]) => nodeBinary({ version, packages, cache: values.cache, signal: stop.signal })),
  );
  let good = true;
  for (const [i, [version]] of wanted.entries()) {
    const { value, reason } = fetched[i];
    if (value !== undefined) good = (await passes(version, value)) && good;
    else if (!(reason instanceof Unavailable)) throw reason;
    else {
      say(`Node ${version} was not run: ${reason.message}`);
      good &&= process.env.CAIRN_NODES !== 'required';
    }
  }
  return good ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!stop.signal.aborted) process.stderr.write(`nodes: ${error.message}\n`);
  process.exitCode = stop.signal.aborted ? 130 : 1;
}
