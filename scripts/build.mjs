// Builds the wasm kernels, then the package, into dist/: modules one by one, by a transformer that only takes the types
// away (`erasableSyntaxOnly` and `isolatedModules` say that there is nothing else to do), and declarations by TypeScript,
// which finds errors in types on the way.
//   --js          no declarations: what it takes to run, in a few seconds. `npm start` and `cairn` itself need no more.
//   --unchecked   declarations, but errors in types are left to the check `types`, which sees the tests too.
//   --if-stale    nothing at all when dist/ has what is asked for and is newer than every source file.
//   --kernels     the kernels alone, which is all that the tests and the type check need.
// It is called from inside `npm start`, `npm test` and the `cairn` command itself, because pre- and post- scripts do
// not run where npm's ignore-scripts is on.
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

/** Folders that dist/ is made of, beside cli.ts; a packed install has none of them. */
const parts = [
  'protocol',
  'training',
  'learning',
  'platform',
  'client',
  'coordinator',
  'simulations',
  'cli',
  'bench',
].filter((part) => existsSync(join(root, part)));

/** What is being done, for a person who waits for it. */
const say = (text) => process.stderr.write(`build: ${text}\n`);
const since = (start) => `${((performance.now() - start) / 1000).toFixed(1)} s`;

/** Every AssemblyScript module: its entry, and the TypeScript file its bytes are written to. */
const kernels = [
  { entry: 'protocol/kernels/assembly/index.ts', out: 'protocol/kernels/wasm.generated.ts' },
  { entry: 'training/kernels/assembly/index.ts', out: 'training/kernels/wasm.generated.ts' },
];

function newest(dir) {
  let latest = 0;
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.name === 'dist') continue; // of a workspace: made from what is built here
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

/** A compiler's path; one line instead of a stack trace where nothing is installed yet. */
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
  // The stub runtime has no allocator: the host lays out memory, so a kernel can neither leak nor grow behind it.
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

/** Each source without its types, at its place below `fresh`. */
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

/** Declarations, for those who use the package with TypeScript. */
async function buildDeclarations(fresh) {
  const start = performance.now();
  say('writing type declarations');
  const only = ['--emitDeclarationOnly', ...(asked('--unchecked') ? ['--noCheck'] : [])];
  await run('tsc', [tool('typescript', 'bin/tsc'), '-p', 'tsconfig.build.json', '--outDir', fresh, ...only]);
  say(`the declarations took ${since(start)}`);
}

/** Moves a finished folder to its place; whoever runs what lay there keeps it until the very last moment. */
function swap(fresh) {
  const old = `${fresh}-old`;
  for (let attempt = 1; ; attempt++) {
    if (existsSync(dist)) renameSync(dist, old);
    try {
      renameSync(fresh, dist);
      break;
    } catch (error) {
      // Another build has put its own there in between; it is as good as ours, and ours may be newer.
      if (attempt === 5) throw error;
    } finally {
      rmSync(old, { recursive: true, force: true });
    }
  }
}

/** Compiles beside dist/ and then takes its place, so that neither a failed build nor a second one harms what runs. */
async function buildPackage() {
  const fresh = join(root, `.dist-${process.pid}`);
  process.on('exit', () => rmSync(fresh, { recursive: true, force: true }));
  await buildModules(fresh);
  if (!asked('--js')) await buildDeclarations(fresh);
  const mark = join(fresh, '.built');
  writeFileSync(mark, asked('--js') ? 'js' : 'complete');
  // What was edited while it was being compiled may be missing from it: such a build is stale from the beginning.
  utimesSync(mark, begun, begun);
  swap(fresh);
}

/** Why dist/ has to be built; undefined where it has what is asked for. */
function missing() {
  if (!existsSync(stamp)) return 'there is no dist/ yet';
  if (statSync(stamp).mtimeMs <= newestSource()) return 'dist/ is older than its sources';
  if (!asked('--js') && readFileSync(stamp, 'utf8') !== 'complete') return 'dist/ has no type declarations';
  return undefined;
}

const reason = asked('--if-stale') ? missing() : 'asked for';
if (reason === undefined) process.exit(0);
if (asked('--if-stale')) say(`${reason}: building it, which takes some seconds`);
await buildKernels();
if (!asked('--kernels')) await buildPackage();
