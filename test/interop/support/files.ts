import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Set to 1, transcript.test.ts and functions.test.ts first write the vectors, and the generated part of the document. Run
 * just those two with it: the other files may read what is being written.
 */
export const UPDATE = process.env.CAIRN_UPDATE_VECTORS === '1';

/** A file of this repository, by its path from the root. */
const fileOf = (path: string): URL => new URL(`../../../${path}`, import.meta.url);

/** A text file of this repository. */
export const readText = (path: string): string => readFileSync(fileOf(path), 'utf8');

/** A JSON file of this repository, believed to be of a type: the test that reads it compares every field. */
export const readVector = (path: string): unknown => JSON.parse(readText(path));

/** Writes a text file of this repository. */
export const writeText = (path: string, text: string): void => writeFileSync(fileOf(path), text);

/** JSON with short lists on one line, as vector files have it. */
export function vectorText(value: unknown): string {
  const text = JSON.stringify(value, undefined, 1);
  return `${text.replaceAll(/\[\n\s+((?:-?[\d.e+-]+,?\n?\s*)+)\]/g, (_, inner: string) => `[${inner.replaceAll(/\s+/g, ' ').trim()}]`)}\n`;
}
