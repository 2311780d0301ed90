import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Running } from '../e2e/support/running.ts';
import { chromiumPath, launchBrowser } from '../support/browser.ts';
import { byEsbuild, byVite, serve } from './support/bundles.ts';
import { PackedProject, run } from './support/packed.ts';
import { COMMON, IN_NODE, MODULE, PAGE, TENSORFLOW } from './support/sources.ts';

// Compilers and bundlers take seconds each, and many times that on a machine that has other work.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let project: PackedProject;

beforeAll(async () => {
  project = await PackedProject.create();
  await project.write('module.ts', MODULE);
  await project.write('common.cts', COMMON);
  await project.write('page.ts', PAGE);
  await project.write('tensorflow.ts', TENSORFLOW);
});

afterAll(() => project.end());

const NODE = { module: 'NodeNext', types: ['node'], outDir: 'out' };

describe('the packed package, without optional peers', () => {
  // Declarations that import an absent peer broke everybody's compilation, unless they set skipLibCheck.
  it('compiles in strict TypeScript, as ES module and CommonJS, and gives an inline app typed data', async () => {
    await project.add('@types/node');
    expect(await project.compile(['module.ts', 'common.cts'], NODE)).toEqual([]);
  });

  it('compiles in a project for Node alone, which lacks the types of the DOM', async () => {
    const options = { ...NODE, lib: ['ES2023'], noEmit: true };
    expect(await project.compile(['module.ts', 'common.cts'], options)).toEqual([]);
  });

  it('runs in Node as an ES module', async () => {
    expect(await run(process.execPath, ['out/module.js'], project.folder)).toEqual([
      'function function function number true',
      'ward ward true 4',
      'config-unknown-key wire-bounds function',
    ]);
  });

  it('runs in Node as CommonJS: every entry can be required', async () => {
    const entries = await project.entries();
    expect(entries.length).toBeGreaterThan(10);
    const script = entries
      .map((entry) => `console.log(Object.keys(require('cairn-fl/${entry}')).length > 3);`)
      .join('\n');
    await project.write('required.cjs', script);
    expect(await run(process.execPath, ['required.cjs'], project.folder)).toEqual(entries.map(() => 'true'));
  });

  it('has one class of errors, and their guard, in every face', async () => {
    const faces = (await project.entries()).filter((entry) => entry !== 'package.json');
    const script = `import { CairnError } from 'cairn-fl/protocol';
const faces = await Promise.all(${JSON.stringify(faces)}.map((face) => import('cairn-fl/' + face)));
for (const face of faces) console.log(face.CairnError === CairnError && face.isErrorCode('wire-type'));`;
    await project.write('errors.mjs', script);
    expect(await run(process.execPath, ['errors.mjs'], project.folder)).toEqual(faces.map(() => 'true'));
  });

  it('lets nobody import what is no face', async () => {
    await project.write('deep.mjs', "await import('cairn-fl/dist/protocol/index.js');");
    const deep = new Running(process.execPath, ['deep.mjs'], { cwd: project.folder });
    expect((await deep.exited).code).toBe(1);
    expect(deep.output).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  it('takes an app that TypeScript compiled to CommonJS', async () => {
    const cairn = new Running(
      process.execPath,
      [
        ...['node_modules/cairn-fl/bin/cairn.js', 'join', 'http://127.0.0.1:1', '--app', 'out/common.cjs'],
        ...['--accept-curious', '--connect-timeout', '0.1'],
      ],
      { cwd: project.folder },
    );
    // It gets as far as looking for a coordinator, which is not there.
    expect((await cairn.exited).code).toBe(1);
    expect(cairn.output).toContain('[unreachable]');
  });

  it('compiles for browsers in strict TypeScript, without types of Node', async () => {
    const lib = ['ES2022', 'DOM', 'DOM.Iterable'];
    const options = { module: 'ESNext', moduleResolution: 'bundler', lib, types: [], noEmit: true };
    expect(await project.compile(['page.ts'], options)).toEqual([]);
  });
});

describe('the packed package, with TensorFlow.js', () => {
  beforeAll(() => project.add('@tensorflow/tfjs'));

  it('compiles, but for what is wrong in the declarations of TensorFlow.js', async () => {
    const complaints = await project.compile(['tensorflow.ts'], { ...NODE, noEmit: true });
    // Its declarations do not compile by themselves; ours and the user's own file do.
    expect(complaints.filter((line) => /^(tensorflow\.ts|node_modules\/cairn-fl\/)/.test(line))).toEqual([]);
    expect(complaints.filter((line) => line.includes('TS2307') || line.includes('TS18003'))).toEqual([]);
  });

  it.each([
    ['ES module', 'trained.mjs', IN_NODE.module],
    ['CommonJS', 'trained.cjs', IN_NODE.common],
  ])('trains a model of it in Node, as %s', async (_, file, source) => {
    await project.write(file, source);
    expect((await run(process.execPath, [file], project.folder)).at(-1)).toBe('2 1');
  });
});

describe.each([
  ['esbuild', byEsbuild],
  ['Vite', byVite],
])('the packed package, bundled by %s', (name, bundle) => {
  const out = (): string => project.path(`bundle-${name}`);

  it('needs nothing of Node', async () => {
    expect(await bundle(project.folder, 'page.ts', out())).toEqual([]);
    expect((await readFile(`${out()}/page.js`, 'utf8')).length).toBeGreaterThan(10_000);
  });

  describe.skipIf(chromiumPath === undefined)('in a browser', () => {
    let browser: Browser;
    let server: Server;

    afterAll(async () => {
      await (browser as Browser | undefined)?.close();
      (server as Server | undefined)?.close();
    });

    it('reads a table and trains on it', async () => {
      browser = await launchBrowser();
      const served = await serve(out());
      server = served.server;
      const page = await browser.newPage();
      await page.goto(served.url);
      await page.waitForFunction(() => document.title !== 'loading', undefined, { timeout: 120_000 });
      expect(await page.title()).toBe('function 50 1 unsafe-plain-http');
    });
  });
});
