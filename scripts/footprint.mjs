// The size of an install from the packed tarballs: `node scripts/footprint.mjs` prints packages and megabytes for a
// member that only joins (@cairn-fl/client) and for everything (cairn-fl), the source of the README's figures.
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });

run(process.execPath, ['scripts/packages.mjs'], root);
const folder = mkdtempSync(join(tmpdir(), 'cairn-footprint-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const options = ['--json', '--ignore-scripts', '--pack-destination', folder];
const packed = JSON.parse(run('npm', ['pack', ...options, '--workspaces', '--include-workspace-root'], root));
const tarballs = new Map(packed.map(({ name, filename }) => [name, join(folder, filename)]));

/** One of our packages with those of ours that it needs. */
function closure(name, found = new Set()) {
  found.add(name);
  const place = name === 'cairn-fl' ? root : join(root, name.replace('@cairn-fl/', ''));
  const { dependencies = {} } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'));
  for (const other of Object.keys(dependencies)) if (tarballs.has(other) && !found.has(other)) closure(other, found);
  return found;
}

function bytesOf(path) {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), 0);
}

for (const name of ['@cairn-fl/client', 'cairn-fl']) {
  const project = mkdtempSync(join(folder, 'project-'));
  writeFileSync(join(project, 'package.json'), '{ "private": true }');
  const files = [...closure(name)].map((part) => tarballs.get(part));
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', ...files], project);
  const { packages } = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'));
  // The lock also lists optional packages, of which npm installs those for this platform.
  const count = Object.keys(packages).filter((path) => path !== '' && existsSync(join(project, path))).length;
  const megabytes = (bytesOf(join(project, 'node_modules')) / 1e6).toFixed(1);
  process.stdout.write(`${name}: ${count} packages, ${megabytes} MB\n`);
}
