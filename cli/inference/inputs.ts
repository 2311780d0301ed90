import { loadIdxValues, parseNumbers } from '../../training/data/node/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { readPng } from './png.ts';
import { readWhole } from './read-network.ts';

/** What of a model decides how its inputs are read. */
export interface InputShape {
  readonly inputShape: readonly number[];
  readonly inputRange: readonly [low: number, high: number];
}

/** Rows to be taken, counted from 1; both ends are among them. */
export interface RowRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Reads rows for a model: a PNG image, a table of numbers (CSV), or images in an IDX file (gzip-compressed or not). Pixels
 * from black to white become the model's range from low to high; numbers of a table stay as they are.
 * @param rows which of them; all by default
 * @returns rows × inputs values
 * @throws CairnError `config-unreadable`, `data-missing`, `data-malformed`, `data-empty`; `tensor-shape` for rows of
 * another size; `usage` for rows that the file does not have
 */
export async function readInputs(path: string, model: InputShape, rows?: RowRange): Promise<Float32Array> {
  const values = await readValues(path, model);
  const width = widthOf(model);
  if (rows === undefined) return values;
  const count = values.length / width;
  if (rows.last > count) {
    throw new CairnError('usage', `--rows ${rows.first}-${rows.last}: ${path} has ${count} rows`, {
      hint: 'rows are counted from 1',
    });
  }
  return values.slice((rows.first - 1) * width, rows.last * width);
}

const widthOf = ({ inputShape }: InputShape): number => inputShape.reduce((product, extent) => product * extent, 1);

async function readValues(path: string, model: InputShape): Promise<Float32Array> {
  const { inputShape, inputRange } = model;
  if (/\.png$/i.test(path)) return ranged(readPng(await readWhole(path, '--input'), inputShape, path), inputRange);
  if (/\.(csv|tsv|txt)$/i.test(path)) return parseNumbers(await readWhole(path, '--input'), widthOf(model), path);
  const { values, shape, bytes } = await loadIdxValues(path);
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (size !== widthOf(model)) {
    const [has, takes] = [shape.join(' × '), inputShape.join(' × ')];
    throw new CairnError('tensor-shape', `${path} has examples of ${has} values, and the model takes ${takes}`);
  }
  return bytes ? ranged(values, inputRange) : values;
}

/** Values of 0…1 in another range. */
function ranged(values: Float32Array, [low, high]: readonly [number, number]): Float32Array {
  return low === 0 && high === 1 ? values : values.map((value) => Math.fround(low + value * (high - low)));
}
