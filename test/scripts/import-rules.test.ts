import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const CONFIG = resolve('.dependency-cruiser.cjs');
const CRUISER = resolve('node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

let folder: string;

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'cairn-imports-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Names of the rules that these files break, once each. @param files path → text */
function broken(files: Readonly<Record<string, string>>): string[] {
  for (const [path, text] of Object.entries({ 'tsconfig.json': '{}', 'package.json': '{}', ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const roots = [...new Set(Object.keys(files).map((path) => path.split('/')[0]!))];
  const args = [CRUISER, '--config', CONFIG, '--output-type', 'json', ...roots];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  expect(stderr).toBe('');
  const { summary } = JSON.parse(stdout) as {
    summary: { totalCruised: number; violations: { rule: { name: string } }[] };
  };
  expect(summary.totalCruised, 'every file was looked at').toBeGreaterThanOrEqual(Object.keys(files).length);
  return [...new Set(summary.violations.map(({ rule }) => rule.name))].sort();
}

const type = (name: string, from: string): string => `import type { ${name} } from '${from}';\n`;

describe('the import rules', () => {
  it('let files and folders need each other in one direction', () => {
    const files = {
      'learning/rules/mean.ts': 'export type Mean = number;\n',
      'learning/rules/sum.ts': `${type('Mean', './mean.ts')}export type Sum = Mean;\n`,
      'learning/cohorts/cut.ts': `${type('Sum', '../rules/sum.ts')}export type Cut = Sum;\n`,
      'learning/index.ts': `export { type Cut } from './cohorts/cut.ts';\n`,
    };
    expect(broken(files)).toEqual([]);
  });

  it('refuse a circle of two files that need each other’s types alone', () => {
    const files = {
      'learning/rules/mean.ts': `${type('Sum', './sum.ts')}export type Mean = Sum[];\n`,
      'learning/rules/sum.ts': `${type('Mean', './mean.ts')}export type Sum = { of?: Mean };\n`,
    };
    expect(broken(files)).toEqual(['no-circular']);
  });

  it('refuse two folders that need each other, also where no file is in a circle', () => {
    const files = {
      'learning/rules/mean.ts': 'export type Mean = number;\n',
      'learning/rules/cut-mean.ts': `${type('Cut', '../cohorts/cut.ts')}export type CutMean = Cut;\n`,
      'learning/cohorts/cut.ts': 'export type Cut = number;\n',
      'learning/cohorts/means.ts': `${type('Mean', '../rules/mean.ts')}export type Means = Mean[];\n`,
    };
    expect(broken(files)).toEqual(['no-circular-folders']);
  });

  it('refuse a circle of three folders', () => {
    const files = Object.fromEntries(
      ['rules', 'cohorts', 'strategies'].flatMap((name, i, all) => [
        [`learning/${name}/low.ts`, 'export type Low = number;\n'],
        [`learning/${name}/high.ts`, `${type('Low', `../${all[(i + 1) % 3]}/low.ts`)}export type High = Low;\n`],
      ]),
    );
    expect(broken(files)).toEqual(['no-circular-folders']);
  });

  it('refuse what lies behind another part’s face', () => {
    const files = {
      'learning/rules/mean.ts': 'export type Mean = number;\n',
      'learning/index.ts': `export { type Mean } from './rules/mean.ts';\n`,
      'coordinator/by-face.ts': `${type('Mean', '../learning/index.ts')}export type A = Mean;\n`,
      'coordinator/deep.ts': `${type('Mean', '../learning/rules/mean.ts')}export type B = Mean;\n`,
    };
    expect(broken(files)).toEqual(['parts-know-faces-alone']);
  });

  it.each([
    ['platform/lock.ts', 'protocol/json.ts', 'platform-stands-alone'],
    ['platform/lock.ts', 'protocol/rounds/index.ts', 'platform-stands-alone'],
    ['training/run.ts', 'protocol/rounds/index.ts', 'training-knows-the-model-alone'],
    ['client/join.ts', 'coordinator/index.ts', 'client-knows-no-coordinator'],
    ['coordinator/task.ts', 'client/index.ts', 'coordinator-knows-no-client'],
    ['coordinator/rounds/task.ts', 'coordinator/gateway/index.ts', 'rounds-know-no-connection-and-no-store'],
    ['client/browser/page.ts', 'platform/index.ts', 'browser-knows-no-platform'],
    ['inference/browser/page.ts', 'platform/index.ts', 'browser-knows-no-platform'],
    ['learning/index.ts', 'simulations/index.ts', 'nothing-imports-simulations'],
    ['protocol/schemes/one/scheme.ts', 'protocol/schemes/two/scheme.ts', 'a-scheme-never-another'],
  ])('refuse that %s imports %s', (from, to, rule) => {
    const up = '../'.repeat(from.split('/').length - 1);
    const files = { [to]: 'export type It = number;\n', [from]: `${type('It', `${up}${to}`)}export type Own = It;\n` };
    expect(broken(files)).toContain(rule);
  });

  it.each([
    ['client/browser/page.ts', 'browser-knows-no-node'],
    ['inference/browser/page.ts', 'browser-knows-no-node'],
    ['learning/mean.ts', 'learning-is-pure'],
    ['protocol/mean.ts', 'protocol-is-pure'],
  ])('refuse that %s imports a module of Node', (from, rule) => {
    expect(broken({ [from]: `import { readFileSync } from 'node:fs';\nexport const read = readFileSync;\n` })).toEqual([
      rule,
    ]);
  });

  it.each(['client/browser', 'inference/browser'])('refuse that %s reaches Node by way of another file', (browser) => {
    const part = browser.split('/')[0]!;
    const node = `import { createServer } from 'node:http';\nexport const create = createServer;\n`;
    const files = {
      [`${browser}/page.ts`]: `export { create } from '../services/serve.ts';\n`,
      [`${part}/services/serve.ts`]: `export { create } from '../drivers/node.ts';\n`,
      [`${part}/drivers/node.ts`]: node,
    };
    expect(broken(files)).toEqual(['browser-knows-no-node']);
  });
});
