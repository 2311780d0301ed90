import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Set to 1, the tests of this folder that hold a vector file or a generated part of the document first write it anew. Run
 * just one of them with it at a time: others may read, or write, the same file.
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
