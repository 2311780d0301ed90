import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadApp } from '../../cli/app-module.ts';

const APP = '{ shapes: { w: [1] }, data: () => 7, train: () => undefined }';

// What compilers and people write. Apps compiled to CommonJS were refused as "exports no app".
const MODULES: readonly (readonly [what: string, file: string, code: string])[] = [
  ['a default export', 'default.mjs', `export default ${APP};`],
  ['an export named app', 'named.mjs', `export const app = ${APP};`],
  ['module.exports', 'whole.cjs', `module.exports = ${APP};`],
  ['module.exports.default', 'inner.cjs', `module.exports.default = ${APP};`],
  [
    'what TypeScript compiles a default export to',
    'compiled.cjs',
    `"use strict"; Object.defineProperty(exports, "__esModule", { value: true }); exports.default = ${APP};`,
  ],
  ['exports.app', 'app.cjs', `exports.app = ${APP};`],
  ['an app that no lexer finds', 'hidden.cjs', `Object.assign(exports, { ['a' + 'pp']: ${APP} });`],
];

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-app-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('an app module', () => {
  it.each(MODULES)('may export its app by %s', async (_, name, code) => {
    const file = join(folder, name);
    await writeFile(file, code);
    const app = await loadApp('--app', file);
    expect([app.shapes, await app.data()]).toEqual([{ w: [1] }, 7]);
  });

  it.each(['export default {};', 'export const other = 1;', 'export default 3;', 'export default null;'])(
    'that exports no app is refused: %s',
    async (code) => {
      const file = join(folder, `none-${code.length}.mjs`);
      await writeFile(file, code);
      await expect(loadApp('--app', file)).rejects.toMatchObject({ code: 'config-invalid' });
    },
  );
});
