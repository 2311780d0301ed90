import { readFile, readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

/** A longer cell makes its whole column wide; what it says belongs into a sentence under the table. */
const MAX_CHARACTERS = 120;

const DOCUMENTS = [
  'README.md',
  ...(await readdir('docs', { recursive: true }))
    .filter((name) => name.endsWith('.md') && !name.startsWith('api'))
    .map((name) => `docs/${name}`),
];

/** Cells of all tables of a Markdown text, without the rows of dashes and without code blocks. */
const cellsOf = (text: string): readonly string[] =>
  text
    .replaceAll(/^ *```.*?^ *```/gms, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('|') && !/^[|\s:-]+$/.test(line))
    .flatMap((line) =>
      line
        .replace(/^\|/, '')
        .replace(/\|$/, '')
        .split(/(?<!\\)\|/),
    )
    .map((cell) => cell.trim());

const tooLong = (text: string): readonly string[] => cellsOf(text).filter((cell) => cell.length > MAX_CHARACTERS);

describe('a cell of a table', () => {
  it.each(DOCUMENTS)(`has at most ${MAX_CHARACTERS} characters in %s`, async (document) => {
    expect(tooLong(await readFile(document, 'utf8'))).toEqual([]);
  });

  it('is found if it is too long, whatever its column, its padding and escaped bars', () => {
    const [fits, long] = ['x'.repeat(MAX_CHARACTERS), `${'x'.repeat(MAX_CHARACTERS - 2)} \\| y`];
    expect(tooLong(`| a | b |\n| --- | ${'-'.repeat(200)} |\n| ${fits}   | b |\n| c | ${long} |\n`)).toEqual([long]);
    expect(tooLong(`\`\`\`text\n| ${long} |\n\`\`\`\n`)).toEqual([]);
  });

  it('is searched for in documents that have tables', async () => {
    expect(cellsOf(await readFile('docs/configuration.md', 'utf8')).length).toBeGreaterThan(100);
  });
});
