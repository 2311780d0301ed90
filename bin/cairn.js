#!/usr/bin/env node
// A packed install has lib/; in a clone dist/ is built from the sources beside it, on the first call.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const cloned = existsSync(at('../scripts/build.mjs'));
if (cloned) {
  const build = [at('../scripts/build.mjs'), '--if-stale', '--js'];
  const built = spawnSync(process.execPath, build, { stdio: ['ignore', 2, 2] });
  if (built.status !== 0) process.exit(built.status ?? 1);
}
await import(cloned ? '../dist/cli.js' : '../lib/cli.js');
