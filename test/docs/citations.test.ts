import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const FOLDERS = [
  'bench',
  'cli',
  'client',
  'coordinator',
  'examples',
  'inference',
  'learning',
  'platform',
  'protocol',
  'scripts',
];
const MORE_FOLDERS = ['simulations', 'test', 'training', 'docs'];
const TEXT = /\.(ts|mjs|js|md)$/;

const files = (
  await Promise.all(
    [...FOLDERS, ...MORE_FOLDERS].map(async (folder) =>
      (await readdir(folder, { recursive: true })).map((name) => `${folder}/${name}`),
    ),
  )
)
  .flat()
  .concat('README.md', 'CHANGELOG.md', 'cli.ts')
  .filter((path) => !/(^|\/)(node_modules|dist)\//.test(path));
const names = new Set(files.map((path) => path.slice(path.lastIndexOf('/') + 1)));

/** These write Markdown files of names that are made up. */
const WRITERS = ['test/docs/citations.test.ts', 'test/scripts/api.test.ts'];

/** Names of Markdown files that a text cites and the repository does not have. */
const missingIn = (text: string): readonly string[] =>
  [...text.matchAll(/\b[\w-]+\.md\b/g)].map(([name]) => name).filter((name) => !names.has(name));

describe('a document that a text cites', () => {
  it('is in the repository, in every source, test and document', async () => {
    const missing: string[] = [];
    for (const path of files.filter((file) => TEXT.test(file) && !WRITERS.includes(file))) {
      for (const name of missingIn(await readFile(path, 'utf8'))) missing.push(`${path}: ${name}`);
    }
    expect(missing).toEqual([]);
  });

  it('is found missing if a comment cites it by its bare name', () => {
    expect(missingIn('// see papers.md section 2, and security.md')).toEqual(['papers.md']);
  });
});
