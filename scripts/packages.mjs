// Makes the packages from dist/: a workspace's own dist/, and lib/ for cairn-fl. `node scripts/packages.mjs client` is
// what `npm pack -w @cairn-fl/client` runs first; without a name all are made. In the repository parts import each
// other by relative paths, so that compilers, tests and linters need no build. In a package each of these becomes an
// import of another package's face, and one that is not a face, or that its package.json does not declare, is an error.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readmeOf } from './package-readmes.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const manifests = new Map();

/** A package.json, read once: every import of another part needs one. */
function read(path) {
  if (!manifests.has(path)) manifests.set(path, JSON.parse(readFileSync(join(root, path), 'utf8')));
  return manifests.get(path);
}

const { workspaces } = read('package.json');

const WHOLE = 'cairn-fl';

const names = [...workspaces, WHOLE];
const named = process.argv.slice(2);
const unknown = named.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`packages: there is no package ${unknown.join(', ')}; the packages are ${names.join(', ')}\n`);
  process.exit(2);
}
const built = spawnSync(process.execPath, ['scripts/build.mjs', '--if-stale'], { cwd: root, stdio: ['ignore', 2, 2] });
if (built.status !== 0) process.exit(built.status ?? 1);
for (const name of named.length === 0 ? names : named) {
  if (name === WHOLE) make(join(root, 'lib'), makeWhole);
  else {
    make(join(root, name, 'dist'), (target) => makePart(name, target));
    describePart(name);
  }
}

/** npm takes these two from a package's own folder, and nowhere else. */
function describePart(part) {
  writeFileSync(join(root, part, 'README.md'), readmeOf(part));
  cpSync(join(root, 'LICENSE'), join(root, part, 'LICENSE'));
}

/** Makes a folder next to its place, and moves it there when it is complete; does nothing if it is newer than dist/. */
function make(target, fill) {
  if (existsSync(target) && statSync(target).mtimeMs > statSync(join(dist, '.built')).mtimeMs) return;
  const fresh = `${target}-${process.pid}`;
  process.on('exit', () => rmSync(fresh, { recursive: true, force: true }));
  fill(fresh);
  rmSync(target, { recursive: true, force: true });
  renameSync(fresh, target);
  utimesSync(target, new Date(), new Date());
}

function makePart(part, target) {
  cpSync(join(dist, part), target, { recursive: true });
  rewriteImports(target, join(dist, part), { own: [part], allowed: read(`${part}/package.json`).dependencies ?? {} });
}

/** The command, and every face of the parts under one name. */
function makeWhole(target) {
  mkdirSync(target);
  for (const path of ['cli', 'cli.js', 'cli.d.ts']) cpSync(join(dist, path), join(target, path), { recursive: true });
  const { dependencies, exports } = read('package.json');
  rewriteImports(target, dist, { own: ['cli', 'cli.js'], allowed: dependencies });
  for (const face of Object.values(exports)) {
    if (typeof face === 'string') continue;
    const [part, ...inside] = face.default.replace('./lib/', '').split('/');
    const subpath = subpathOf(part, inside.join('/'));
    if (subpath === undefined)
      throw new Error(`cairn-fl exports ${face.default}, which is not a face of @cairn-fl/${part}`);
    for (const path of [face.default, face.types]) {
      const stub = join(target, relative('lib', path));
      mkdirSync(dirname(stub), { recursive: true });
      writeFileSync(stub, `export * from '${join(`@cairn-fl/${part}`, subpath)}';\n`);
    }
  }
}

/** Turns imports of parts other than `own` into imports of packages, in a folder copied from dist/. */
function rewriteImports(target, source, { own, allowed }) {
  for (const entry of readdirSync(target, { recursive: true })) {
    if (!/\.(js|d\.ts)$/.test(entry)) continue;
    const file = join(target, entry);
    const text = readFileSync(file, 'utf8');
    const from = dirname(join(source, entry));
    // Both compilers write only the specifier between its quotes, after `from` or `import`.
    const specifiers = /(\bfrom\s*|\bimport\s*\(?\s*)(["'])(\.\.?\/[^"']+)\2/g;
    const rewritten = text.replaceAll(specifiers, (whole, before, quote, path) => {
      const [part, ...inside] = relative(dist, resolve(from, path)).split(sep);
      if (own.includes(part)) return whole;
      const name = `@cairn-fl/${part}`;
      // For an inferred type the compiler names the declaring file; its part's face has that type, too.
      const subpath =
        subpathOf(part, inside.join('/')) ?? (entry.endsWith('.d.ts') && before.startsWith('import') ? '' : undefined);
      if (subpath === undefined) throw new Error(`${entry} imports ${path}, which is not a face of ${name}`);
      if (!(name in allowed)) throw new Error(`${entry} imports ${name}, which its package.json does not declare`);
      return `${before}${quote}${join(name, subpath)}${quote}`;
    });
    if (rewritten !== text) writeFileSync(file, rewritten);
  }
}

/** The subpath by which a package exports a file; undefined if it does not. */
function subpathOf(part, file) {
  const built = `./dist/${file.replace(/(\.d)?\.ts$/, '.js')}`;
  return Object.entries(read(`${part}/package.json`).exports).find(([, target]) => target.default === built)?.[0];
}
