// Builds the wasm kernels, then the package, into dist/. With --if-stale it does nothing when dist/ is newer than
// every source file; with --kernels it stops after the kernels, which is all the tests and the type check need.
// It is called from inside `npm start`, `npm test` and the `cairn` command itself, because pre- and post- scripts do
// not run where npm's ignore-scripts is on.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const stamp = join(root, 'dist', '.built');

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
  const parts = ['protocol', 'client', 'coordinator', 'simulations', 'cli', 'scripts'].filter((part) =>
    existsSync(join(root, part)),
  );
  const files = ['cli.ts', 'package.json', 'tsconfig.json', 'tsconfig.build.json'].map(
    (file) => statSync(join(root, file)).mtimeMs,
  );
  return Math.max(...files, ...parts.map((part) => newest(join(root, part))));
}

function run(label, args) {
  const result = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.status === 0) return;
  process.stderr.write(`build: ${label} failed\n`);
  process.exit(1);
}

function buildKernels() {
  const asc = join(dirname(require.resolve('assemblyscript/package.json')), 'bin', 'asc.js');
  for (const { entry, out } of kernels) {
    if (!existsSync(join(root, entry))) continue;
    const target = join(root, out);
    if (existsSync(target) && statSync(target).mtimeMs > newest(dirname(join(root, entry)))) continue;
    const wasm = join(root, `${out}.wasm`);
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

if (process.argv.includes('--if-stale') && existsSync(stamp) && statSync(stamp).mtimeMs > newestSource())
  process.exit(0);
buildKernels();
if (process.argv.includes('--kernels')) process.exit(0);
rmSync(join(root, 'dist'), { recursive: true, force: true });
run('tsc', [join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc'), '-p', 'tsconfig.build.json']);
mkdirSync(join(root, 'dist'), { recursive: true });
writeFileSync(stamp, '');
