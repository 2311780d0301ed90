import { appendFileSync } from 'node:fs';
import { open, truncate } from 'node:fs/promises';
import { readIfThere } from './read.ts';

/** How a file of JSON lines is read: what a line may hold, and which errors are thrown. */
export interface JsonLinesFormat<Value> {
  /** Whether what a line holds is a value of this file. */
  readonly accepts: (value: unknown) => value is Value;
  /** Makes the error for a line that is not JSON, or holds no such value. */
  readonly refuse: (line: RefusedLine) => Error;
  /** Makes the error for a file that is there and cannot be read, from Node's. */
  readonly unreadable: (cause: NodeJS.ErrnoException) => Error;
  /** Whether empty lines are passed over; otherwise they are refused. Default: false. */
  readonly skipEmpty?: boolean;
}

/** A line that was refused. */
interface RefusedLine {
  /** Counted from 1. */
  readonly number: number;
  readonly text: string;
  /** What JSON.parse threw; undefined for JSON that holds no such value. */
  readonly cause: unknown;
}

/**
 * Reads a file of JSON lines, which is only ever appended to. A last line without its end was cut by a crash: it never
 * counted, and is cut off the file, unless another line is refused: a damaged file is left as it is.
 * @returns its values in order; none if there is no such file
 * @throws what `refuse` and `unreadable` make; what Node throws if the end cannot be cut off
 */
export async function readJsonLines<Value>(path: string, format: JsonLinesFormat<Value>): Promise<Value[]> {
  const bytes = await readIfThere(path, format.unreadable);
  if (bytes === undefined) return [];
  const end = bytes.lastIndexOf(0x0a) + 1;
  const values: Value[] = [];
  // Without the last one, which is what follows the last line's end: nothing.
  const lines = Buffer.from(bytes.subarray(0, end)).toString('utf8').split('\n').slice(0, -1);
  for (const [index, text] of lines.entries()) {
    if (text !== '' || format.skipEmpty !== true) values.push(readLine(text, index + 1, format));
  }
  if (end < bytes.length) await truncate(path, end);
  return values;
}

function readLine<Value>(text: string, number: number, { accepts, refuse }: JsonLinesFormat<Value>): Value {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refuse({ number, text, cause });
  }
  if (!accepts(value)) throw refuse({ number, text, cause: undefined });
  return value;
}

/** Appends a line before it returns. A crash of the machine may lose it. @throws what Node throws */
export function appendJsonLine(path: string, value: object): void {
  appendFileSync(path, lineOf(value));
}

/**
 * Appends a line; it is on the disk when the promise resolves. Calls for one file must be made one after another.
 * @throws what Node throws
 */
export async function appendJsonLineDurably(path: string, value: object): Promise<void> {
  const handle = await open(path, 'a');
  try {
    await handle.appendFile(lineOf(value));
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const lineOf = (value: object): string => `${JSON.stringify(value)}\n`;
