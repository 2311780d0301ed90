#!/usr/bin/env node
// In a packed install dist/ is there; in a fresh clone it is built on the first call, from the sources beside it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
if (existsSync(at('../scripts/build.mjs'))) {
  const build = [at('../scripts/build.mjs'), '--if-stale', '--js'];
  const built = spawnSync(process.execPath, build, { stdio: ['ignore', 2, 2] });
  if (built.status !== 0) process.exit(built.status ?? 1);
}
await import('../dist/cli.js');
