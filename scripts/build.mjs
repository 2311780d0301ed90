// Builds the wasm kernels, then the package, into dist/: modules one by one, with a transformer that only strips types
// (`erasableSyntaxOnly` and `isolatedModules` ensure that nothing else is needed), and declarations with TypeScript,
// which also finds type errors.
//   --js          no declarations: all that is needed to run, in a few seconds, as for `npm start` and `cairn` itself.
//   --unchecked   declarations, but type errors are left to the check `types`, which also sees the tests.
//   --if-stale    does nothing if dist/ is complete and newer than every source file.
//   --kernels     only the kernels, which is all that the tests and the type check need.
// It is called from inside `npm start`, `npm test` and the `cairn` command itself, because pre- and post- scripts do
// not run with npm's ignore-scripts.
import { spawn } from 'node:child_process';
import {
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
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const dist = join(root, 'dist');
const stamp = join(dist, '.built');
const begun = new Date();
const asked = (option) => process.argv.includes(option);

/** Folders that dist/ is built from, besides cli.ts; a packed install has none of them. */
const parts = [
  'protocol',
  'training',
  'learning',
  'platform',
  'inference',
  'client',
  'coordinator',
  'simulations',
  'cli',
  'bench',
].filter((part) => existsSync(join(root, part)));

/** Reports progress to the user. */
const say = (text) => process.stderr.write(`build: ${text}\n`);
const since = (start) => `${((performance.now() - start) / 1000).toFixed(1)} s`;

/** Every AssemblyScript module: its entry, and the TypeScript file its bytes are written to. */
const kernels = [
  { entry: 'protocol/kernels/assembly/index.ts', out: 'protocol/kernels/wasm.generated.ts' },
  { entry: 'protocol/mpc/kernels/assembly/index.ts', out: 'protocol/mpc/kernels/wasm.generated.ts' },
  { entry: 'training/kernels/assembly/index.ts', out: 'training/kernels/wasm.generated.ts' },
];

/** Made by scripts/packages.mjs in a workspace, of what is built here and of texts. */
const MADE = new Set(['dist', 'README.md', 'LICENSE']);

function newest(dir) {
  let latest = 0;
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (MADE.has(entry.name)) continue;
    if (entry.isDirectory()) latest = Math.max(latest, newest(path));
    else if (!entry.name.endsWith('.generated.ts')) latest = Math.max(latest, statSync(path).mtimeMs);
  }
  return latest;
}

function newestSource() {
  const files = ['cli.ts', 'package.json', 'tsconfig.json', 'tsconfig.build.json'].map(
    (file) => statSync(join(root, file)).mtimeMs,
  );
  return Math.max(...files, ...[...parts, 'scripts'].map((part) => newest(join(root, part))));
}

/** A compiler's path; one line instead of a stack trace if nothing is installed yet. */
function tool(name, file) {
  try {
    return join(dirname(require.resolve(`${name}/package.json`)), file);
  } catch {
    say(`${name} is not installed; run npm ci first`);
    process.exit(1);
  }
}

async function run(label, args) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  const code = await new Promise((done) => child.on('close', done));
  if (code === 0) return;
  say(`${label} failed`);
  process.exit(1);
}

async function buildKernel(asc, { entry, out }) {
  const wasm = join(root, `${out}.${process.pid}.wasm`);
  // The stub runtime has no allocator: the host lays out memory, so a kernel can neither leak memory nor grow
  // unnoticed.
  const runtime = [
    '--runtime',
    'stub',
    '--enable',
    'simd',
    '--importMemory',
    '--noExportMemory',
    '--initialMemory',
    '1',
  ];
  await run(entry, [asc, entry, '--outFile', wasm, '-O3', '--noAssert', ...runtime]);
  const bytes = readFileSync(wasm);
  rmSync(wasm);
  const text = `/** ${entry}, compiled: ${bytes.length} bytes of WebAssembly in base64, written by scripts/build.mjs. */\nexport const wasmBase64 =\n  '${bytes.toString('base64')}';\n`;
  writeFileSync(join(root, out), text);
}

async function buildKernels() {
  const stale = kernels.filter(({ entry, out }) => {
    if (!existsSync(join(root, entry))) return false;
    const target = join(root, out);
    return !existsSync(target) || statSync(target).mtimeMs <= newest(dirname(join(root, entry)));
  });
  if (stale.length === 0) return;
  const start = performance.now();
  say('compiling the WebAssembly kernels');
  const asc = tool('assemblyscript', 'bin/asc.js');
  await Promise.all(stale.map((kernel) => buildKernel(asc, kernel)));
  say(`the kernels took ${since(start)}`);
}

/** Every TypeScript file of a part, by its path from the root. */
function sources(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return path.endsWith('kernels/assembly') || entry.name === 'dist' ? [] : sources(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

/** Writes each source without its types to its place in `fresh`. */
async function buildModules(fresh) {
  tool('rolldown', 'bin');
  const { transformSync } = await import('rolldown/utils');
  const start = performance.now();
  const files = ['cli.ts', ...parts.flatMap(sources)];
  const made = new Set();
  let sound = true;
  for (const file of files) {
    const { code, errors } = transformSync(file, readFileSync(join(root, file), 'utf8'), {
      target: 'es2023',
      typescript: { onlyRemoveTypeImports: true, rewriteImportExtensions: 'rewrite' },
    });
    for (const { codeframe, message } of errors) say(codeframe ?? `${file}: ${message}`);
    sound &&= errors.length === 0;
    const target = join(fresh, file.replace(/\.ts$/, '.js'));
    if (!made.has(dirname(target))) mkdirSync(dirname(target), { recursive: true });
    made.add(dirname(target));
    writeFileSync(target, code);
  }
  if (!sound) {
    say('the modules failed');
    process.exit(1);
  }
  say(`${files.length} modules took ${since(start)}`);
}

/** Writes declarations, for users with TypeScript. */
async function buildDeclarations(fresh) {
  const start = performance.now();
  say('writing type declarations');
  const only = ['--emitDeclarationOnly', ...(asked('--unchecked') ? ['--noCheck'] : [])];
  await run('tsc', [tool('typescript', 'bin/tsc'), '-p', 'tsconfig.build.json', '--outDir', fresh, ...only]);
  say(`the declarations took ${since(start)}`);
}

/** Moves a finished folder to its place; a program that runs from the old one keeps it until the last moment. */
function swap(fresh) {
  const old = `${fresh}-old`;
  for (let attempt = 1; ; attempt++) {
    if (existsSync(dist)) renameSync(dist, old);
    try {
      renameSync(fresh, dist);
      break;
    } catch (error) {
      // Another build has put its own there meanwhile; it is just as good, but ours may be newer.
      if (attempt === 5) throw error;
    } finally {
      rmSync(old, { recursive: true, force: true });
    }
  }
}

/**
 * Compiles next to dist/ and then replaces it, so that neither a failed nor a concurrent build harms running programs.
 */
async function buildPackage() {
  const fresh = join(root, `.dist-${process.pid}`);
  process.on('exit', () => rmSync(fresh, { recursive: true, force: true }));
  await buildModules(fresh);
  if (!asked('--js')) await buildDeclarations(fresh);
  const mark = join(fresh, '.built');
  writeFileSync(mark, asked('--js') ? 'js' : 'complete');
  // Edits made during compilation may be missing: such a build is stale from the start.
  utimesSync(mark, begun, begun);
  swap(fresh);
}

/** Why dist/ must be built; undefined if it is up to date. */
function missing() {
  if (!existsSync(stamp)) return 'dist/ does not exist yet';
  if (statSync(stamp).mtimeMs <= newestSource()) return 'dist/ is older than its sources';
  if (!asked('--js') && readFileSync(stamp, 'utf8') !== 'complete') return 'dist/ has no type declarations';
  return undefined;
}

const reason = asked('--if-stale') ? missing() : 'asked for';
if (reason === undefined) process.exit(0);
if (asked('--if-stale')) say(`${reason}: building it, which takes some seconds`);
await buildKernels();
if (!asked('--kernels')) await buildPackage();
