// Builds the wasm kernels, then the package, into dist/. With --if-stale it does nothing when dist/ is newer than
// every source file; with --kernels it stops after the kernels, which is all the tests and the type check need.
// It is called from inside `npm start`, `npm test` and the `cairn` command itself, because pre- and post- scripts do
// not run where npm's ignore-scripts is on.
import { spawnSync } from 'node:child_process';
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

/** Every AssemblyScript module: its entry, and the TypeScript file its bytes are written to. */
const kernels = [
  { entry: 'protocol/kernels/assembly/index.ts', out: 'protocol/kernels/wasm.generated.ts' },
  { entry: 'client/training/kernels/assembly/index.ts', out: 'client/training/kernels/wasm.generated.ts' },
];

function newest(dir) {
  let latest = 0;
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) latest = Math.max(latest, newest(path));
    else if (!entry.name.endsWith('.generated.ts')) latest = Math.max(latest, statSync(path).mtimeMs);
  }
  return latest;
}

function newestSource() {
  const parts = ['protocol', 'client', 'coordinator', 'simulations', 'cli', 'bench', 'scripts'].filter((part) =>
    existsSync(join(root, part)),
  );
  const files = ['cli.ts', 'package.json', 'tsconfig.json', 'tsconfig.build.json'].map(
    (file) => statSync(join(root, file)).mtimeMs,
  );
  return Math.max(...files, ...parts.map((part) => newest(join(root, part))));
}

/** A compiler's path; one line instead of a stack trace where nothing is installed yet. */
function tool(name, file) {
  try {
    return join(dirname(require.resolve(`${name}/package.json`)), file);
  } catch {
    process.stderr.write(`build: ${name} is not installed; run npm ci first\n`);
    process.exit(1);
  }
}

function run(label, args) {
  const result = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.status === 0) return;
  process.stderr.write(`build: ${label} failed\n`);
  process.exit(1);
}

function buildKernels() {
  const asc = tool('assemblyscript', 'bin/asc.js');
  for (const { entry, out } of kernels) {
    if (!existsSync(join(root, entry))) continue;
    const target = join(root, out);
    if (existsSync(target) && statSync(target).mtimeMs > newest(dirname(join(root, entry)))) continue;
    const wasm = join(root, `${out}.${process.pid}.wasm`);
    // The stub runtime has no allocator: the host lays out memory, so a kernel can neither leak nor grow behind it.
    run(entry, [
      asc,
      entry,
      '--outFile',
      wasm,
      '-O3',
      '--noAssert',
      '--runtime',
      'stub',
      '--enable',
      'simd',
      '--importMemory',
      '--noExportMemory',
      '--initialMemory',
      '1',
    ]);
    const bytes = readFileSync(wasm);
    rmSync(wasm);
    const text = `/** ${entry}, compiled: ${bytes.length} bytes of WebAssembly in base64, written by scripts/build.mjs. */\nexport const wasmBase64 =\n  '${bytes.toString('base64')}';\n`;
    writeFileSync(target, text);
  }
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
function buildPackage() {
  const fresh = join(root, `.dist-${process.pid}`);
  process.on('exit', () => rmSync(fresh, { recursive: true, force: true }));
  const tsc = tool('typescript', 'bin/tsc');
  run('tsc', [tsc, '-p', 'tsconfig.build.json', '--outDir', fresh]);
  mkdirSync(fresh, { recursive: true });
  const mark = join(fresh, '.built');
  writeFileSync(mark, '');
  // What was edited while it was being compiled may be missing from it: such a build is stale from the beginning.
  utimesSync(mark, begun, begun);
  swap(fresh);
}

if (process.argv.includes('--if-stale') && existsSync(stamp) && statSync(stamp).mtimeMs > newestSource())
  process.exit(0);
buildKernels();
if (process.argv.includes('--kernels')) process.exit(0);
buildPackage();
