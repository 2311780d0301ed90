// What an install of the package costs, as its users have it: how many packages, and how many megabytes of files. It packs
// dist/ as it is, and installs the tarball into an empty folder with npm, without optional peers, and without scripts.
import { spawnSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const folder = mkdtempSync(join(tmpdir(), 'cairn-install-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

function run(command, args, cwd) {
  const { status, stdout } = spawnSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (status === 0) return stdout.trim();
  process.stderr.write(`install-size: ${command} ${args.join(' ')} failed\n`);
  process.exit(1);
}

/** Bytes of all files below a folder, and what they take of a disk with its blocks. */
function sizeOf(path) {
  const size = { bytes: 0, onDisk: 0 };
  for (const name of readdirSync(path, { recursive: true })) {
    const found = lstatSync(join(path, name));
    if (found.isFile()) size.bytes += found.size;
    size.onDisk += 512 * found.blocks;
  }
  return size;
}

run(process.execPath, ['scripts/build.mjs', '--if-stale'], root);
const tarball = run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], root);
writeFileSync(join(folder, 'package.json'), '{ "name": "project", "private": true }');
const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--silent'];
run('npm', ['install', ...quiet, `./${tarball}`], folder);

const { packages } = JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8'));
const shown = ({ bytes, onDisk }) => `${(bytes / 1e6).toFixed(1)} MB (${(onDisk / 1e6).toFixed(1)} MB on disk)`;
const whole = sizeOf(join(folder, 'node_modules'));
const own = sizeOf(join(folder, 'node_modules/cairn-fl'));
process.stdout.write(`${Object.keys(packages).length} packages, ${shown(whole)}; cairn-fl itself ${shown(own)}\n`);
