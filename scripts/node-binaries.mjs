// Other releases of Node, to run our checks on: npm packages with one binary each. node-binaries.json pins them by
// version and SHA-512 hash; a newer one is added there by hand. They are kept in node_modules/, which git ignores.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A release that is not available here, which is not our fault: no package, no network, another C library. */
export class Unavailable extends Error {}

/** The version that a binary reports; undefined for one that does not start. */
async function versionOf(binary) {
  try {
    return (await run(binary, ['-p', 'process.versions.node'], { timeout: 30_000 })).stdout.trim();
  } catch {
    return undefined;
  }
}

/** @throws Unavailable if npm has no such file, Error if the file is not the pinned one */
async function download({ package: name, integrity }, version, folder, signal) {
  // Nothing is retried: a machine without a network should fail at once.
  const flags = ['--fetch-retries=0', '--fetch-timeout=60000', '--ignore-scripts', '--loglevel=error'];
  const npm = (...args) => run('npm', [...args, ...flags], { timeout: 300_000, signal });
  try {
    await npm('pack', `${name}@${version}`, '--pack-destination', folder);
  } catch (error) {
    signal.throwIfAborted();
    const [, code] = /npm (?:error|ERR!) code (\w+)/.exec(error.stderr ?? '') ?? [];
    throw new Unavailable(`npm could not provide ${name}@${version} (${code ?? error.code ?? 'no answer'})`);
  }
  const file = join(
    folder,
    readdirSync(folder).find((entry) => entry.endsWith('.tgz')),
  );
  const found = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
  if (found !== integrity) throw new Error(`${name}@${version} is not the pinned file: ${found}`);
  await npm('install', '--prefix', folder, '--no-save', '--no-package-lock', '--offline', file);
  return join(folder, 'node_modules', name, 'bin/node');
}

/**
 * The path of this release's binary, fetched on the first call.
 * @param packages platform → { package, integrity }
 */
export async function nodeBinary({ version, packages, cache, signal }) {
  const platform = `${process.platform}-${process.arch}`;
  const pinned = packages[platform];
  if (pinned === undefined) throw new Unavailable(`no package for ${platform} is pinned`);
  const kept = join(cache, `${pinned.package}-${version}`);
  if (existsSync(kept) && (await versionOf(kept)) === version) return kept;
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'fetch-'));
  try {
    const binary = await download(pinned, version, folder, signal);
    if ((await versionOf(binary)) !== version) throw new Unavailable(`${pinned.package} does not start on this system`);
    renameSync(binary, kept);
    return kept;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
