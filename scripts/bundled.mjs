// Runs a TypeScript entry of test/ as a program: `node scripts/bundled.mjs test/fuzz/index.ts ARGS`. The entry and what
// it imports become one file, since test/ is not part of dist/ and Node 20 cannot run TypeScript; packages stay
// external. Node's own flags (--expose-gc) are those that this script was started with.
import { fork } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const secret = join(root, 'protocol/crypto/secret.ts');
const watched = join(root, 'test/support/watched-secret.ts');

/** In tests every secret that is created is tracked: imports of the type get the one that records its instances. */
const watchSecrets = {
  name: 'watch-secrets',
  resolveId(source, importer) {
    if (importer === undefined || !source.endsWith('/secret.ts') || importer === watched) return null;
    return resolve(dirname(importer), source) === secret ? watched : null;
  },
};

const [entry, ...args] = process.argv.slice(2);
// Inside node_modules, so that packages are found from there.
const folder = join(root, 'node_modules/.cache/cairn');
mkdirSync(folder, { recursive: true });
const file = join(folder, `${entry.replaceAll(/\W/g, '-')}-${process.pid}.mjs`);
process.on('exit', () => rmSync(file, { force: true }));

const build = await rolldown({
  input: resolve(root, entry),
  platform: 'node',
  external: /^[^./]/,
  plugins: [watchSecrets],
  logLevel: 'warn',
});
await build.write({ file, format: 'es', codeSplitting: false });
await build.close();

const child = fork(file, args, { cwd: process.cwd() });
// Ctrl-C reaches both: the program ends in its own way, and this one with it.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)));
