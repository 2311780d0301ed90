// Documents the exports of the package's faces, from the declarations in dist/: a report for each face in docs/api/,
// and docs/api.md from the doc comments. `--check` writes nothing, and fails if a file is not up to date. `--package
// FOLDER` reads another package, which must be built already.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { readFaces } from './api/faces.mjs';
import { pagesOf, undocumented } from './api/pages.mjs';

const own = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({ options: { check: { type: 'boolean' }, package: { type: 'string' } } });
const root = values.package === undefined ? own : resolve(values.package);
const say = (text) => process.stdout.write(`api: ${text}\n`);

if (root === own) {
  // Type errors are left to the check `types`.
  const build = ['scripts/build.mjs', '--if-stale', '--unchecked'];
  const { status } = spawnSync(process.execPath, build, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}

const faces = readFaces(root);
const without = undocumented(faces);
for (const name of without) say(`${name} has no doc comment`);

/** A file's text; undefined if it does not exist. */
function textOf(path) {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}

const config = await resolveConfig(join(own, 'docs/api.md'));
const pages = new Map();
for (const [path, text] of pagesOf(faces)) {
  pages.set(path, await format(text, { ...config, filepath: join(root, path) }));
}

mkdirSync(join(root, 'docs/api'), { recursive: true });
const left = readdirSync(join(root, 'docs/api'))
  .map((name) => `docs/api/${name}`)
  .filter((path) => !pages.has(path));
const stale = [...pages.keys()].filter((path) => textOf(path) !== pages.get(path));

if (values.check) {
  for (const path of stale) say(`${path} does not match the sources; run npm run api, and commit it`);
  for (const path of left) say(`${path} belongs to no face; run npm run api, and commit it`);
  process.exit(stale.length + left.length + without.length > 0 ? 1 : 0);
}
for (const path of stale) writeFileSync(join(root, path), pages.get(path));
for (const path of left) rmSync(join(root, path));
say(`${faces.map(({ name, names }) => `${name} ${names.length}`).join(', ')} names; ${stale.length} files written`);
