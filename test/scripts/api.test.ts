import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cairn-api-'));
  const face = (name: string): object => ({ types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` });
  const exports = { './stones': face('stones'), './walls': face('walls'), './package.json': './package.json' };
  write('package.json', JSON.stringify({ name: 'cairn', type: 'module', exports }));
  write('stones.ts', '/** Stones, as they lie about. See {@link Stone}. */\n');
  write('walls.ts', '/** What stones make. */\n');
  write('dist/inside.d.ts', STONE);
  write('dist/tools.d.ts', '/** Breaks a stone. */\nexport declare function hammer(): void;\n');
  write('dist/stones.d.ts', STONES);
  write('dist/walls.d.ts', WALLS);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const STONE = `/**
 * A stone, of which {@link height} is known. It is heavy
 * and old.
 *
 * More is said elsewhere.
 * @throws CairnError \`data-empty\` for air
 */
export declare class Stone {
  #weight: number;
  private readonly age;
  /** In metres; see {@link Stone}. */
  readonly height: number;
  constructor(height: number);
}
`;

const STONES = `export { Stone } from './inside.js';
export * as tools from './tools.js';
/** Kinds. */
export type Kind = 'flint' | 'chalk';
/** Nobody counts further. */
export declare const MOST: number;
`;

const WALLS = `export { Stone } from './inside.js';
/** Piles stones up. */
export declare function pile(stones: readonly import("./inside.js").Stone[]): void;
`;

function write(name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

function api(...options: string[]): { readonly code: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/api.mjs', '--package', folder, ...options], {
    encoding: 'utf8',
  });
  return { code: status, said: stdout + stderr };
}

describe('the report of a face', () => {
  it('has every exported name in order with its declaration, and nothing private', () => {
    expect(api().code).toBe(0);
    expect(read('docs/api/stones.md')).toContain(`\`\`\`ts
type Kind = 'flint' | 'chalk';
const MOST: number;
class Stone {
  readonly height: number;
  constructor(height: number);
}
// tools.hammer
function hammer(): void;
\`\`\``);
  });

  it('has a function by the name that it is exported by', () => {
    write('dist/walls.d.ts', `${WALLS}export { hammer as maul } from './tools.js';\n`);
    expect(api().code).toBe(0);
    expect(read('docs/api/walls.md')).toContain('function maul(): void;');
  });

  it('names what an earlier face has, and no file of ours', () => {
    api();
    expect(read('docs/api/walls.md')).toContain(`\`\`\`ts
// Stone: as in cairn/stones
function pile(stones: readonly Stone[]): void;
\`\`\``);
  });
});

describe('the page of all faces', () => {
  it('has what a face says of itself, and of each name the first paragraph and what is thrown', () => {
    api();
    const page = read('docs/api.md');
    expect(page).toContain('## cairn/stones\n\nStones, as they lie about. See `Stone`.\n');
    expect(page).toContain(
      '### Stone\n\nA stone, of which `height` is known. It is heavy and old.\n\nThrows CairnError `data-empty` for air.\n',
    );
    expect(page).not.toContain('More is said elsewhere');
    expect(page).toContain('  /** In metres; see Stone. */\n  readonly height: number;');
    expect(page).toContain('## cairn/walls\n\nWhat stones make.\n\nAs in [`cairn/stones`](#cairnstones): `Stone`.\n');
  });
});

describe('the check of the reports', () => {
  it('passes what was just written', () => {
    api();
    expect(api('--check')).toEqual({ code: 0, said: '' });
  });

  it('fails where a declaration has changed, and changes nothing', () => {
    api();
    const before = read('docs/api/walls.md');
    write('dist/walls.d.ts', WALLS.replace('): void', '): number'));
    const { code, said } = api('--check');
    expect(code).toBe(1);
    expect(said).toContain('docs/api/walls.md does not match the sources; run npm run api');
    expect(said).not.toContain('docs/api/stones.md');
    expect(read('docs/api/walls.md')).toBe(before);
  });

  it('fails for a name without a doc comment', () => {
    write('dist/walls.d.ts', `${WALLS}export declare const bare: number;\n`);
    api();
    expect(api('--check')).toEqual({ code: 1, said: 'api: bare of cairn/walls has no doc comment\n' });
  });

  it('fails for the report of a face that is gone', () => {
    api();
    write('docs/api/roofs.md', '# gone\n');
    expect(api('--check')).toMatchObject({ code: 1, said: expect.stringContaining('docs/api/roofs.md') as string });
    api();
    expect(api('--check').code).toBe(0);
  });
});
