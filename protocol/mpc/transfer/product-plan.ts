import { CairnError } from '../../errors.ts';
import { convolvedSize, type ConvolutionMap, type LinearMap, mapSizes } from '../sharing/linear-map.ts';
import { MAX_STEP } from './extension.ts';

/**
 * How the products of a linear map are made of transfers. Each number of the input side that the map uses gives one
 * transfer for each of its bits, which carries the products of that bit with all weights that this number meets. Bit j
 * only matters to the upper bits − j bits of a product, so its transfer carries ⌈(bits − j) / 8⌉ bytes for each.
 */

/** The largest message of the products' sender. */
const MAX_MESSAGE = 2 ** 20;

/** Transfers of the same bit and the same number of products, carried one after the other in a message. */
interface Piece {
  readonly bit: number;
  /** Places of the input side's numbers, image by image. */
  readonly elements: Uint32Array;
  /** Bytes of a product. */
  readonly width: number;
  /** Products of a transfer. */
  readonly products: number;
  /** Blocks of 16 bytes that cover a transfer's products. */
  readonly blocks: number;
}

/** Pieces of one step of the extension and of one message of the products' sender. */
export interface Batch {
  readonly pieces: readonly Piece[];
  readonly transfers: number;
  readonly messageBytes: number;
}

/** A map's runs, as the kernels read them (kernels/assembly/transfer.ts), and their number for each input. */
export interface MapRuns {
  readonly words: Uint32Array;
  readonly runsOfInput: Uint32Array;
  readonly length: number;
}

/** The runs of a map: for each input the weights that it meets and the outputs that these products belong to. */
export function runsOf(map: LinearMap): MapRuns {
  const { inputs, outputs } = mapSizes(map);
  const dense = map.kind === 'dense';
  const [length, weightStep, outputStep] = dense ? [outputs, 1, 1] : convolutionSteps(map);
  const starts = [0];
  const runs: number[] = [];
  for (let input = 0; input < inputs; input++) {
    if (dense) runs.push(input * outputs, 0);
    else addConvolutionRuns(map, input, runs);
    starts.push(runs.length / 2);
  }
  return {
    words: Uint32Array.from([inputs, outputs, length, weightStep, outputStep, ...starts, ...runs]),
    runsOfInput: Uint32Array.from({ length: inputs }, (_, input) => starts[input + 1]! - starts[input]!),
    length,
  };
}

/**
 * Runs of the map that multiplies each input with `each` weights that no other input meets. Weights and outputs lie
 * vector by vector: those of input i at i, count + i and so on.
 */
export function elementwiseRuns(count: number, each: number): MapRuns {
  const all = Array.from({ length: count }, (_, i) => i);
  const shape = [count, count * each, each, count, count];
  return {
    words: Uint32Array.from([...shape, ...all, count, ...all.flatMap((i) => [i, i])]),
    runsOfInput: new Uint32Array(count).fill(1),
    length: each,
  };
}

/**
 * One run goes through the filters: their weights for the same place of the window, and the same place of their
 * outputs.
 */
function convolutionSteps(map: ConvolutionMap): readonly [number, number, number] {
  const [rows, columns] = convolvedSize(map);
  return [map.filters, map.channels * map.size * map.size, rows * columns];
}

/** A run for each place of the window in which some output sees this input. */
function addConvolutionRuns(map: ConvolutionMap, input: number, runs: number[]): void {
  const { height, width, size, stride, padding } = map;
  const [rows, columns] = convolvedSize(map);
  const channel = Math.floor(input / (height * width));
  const y = Math.floor(input / width) % height;
  const x = input % width;
  for (let dy = 0; dy < size; dy++) {
    const row = (y + padding - dy) / stride;
    if (!Number.isInteger(row) || row < 0 || row >= rows) continue;
    for (let dx = 0; dx < size; dx++) {
      const column = (x + padding - dx) / stride;
      if (!Number.isInteger(column) || column < 0 || column >= columns) continue;
      runs.push((channel * size + dy) * size + dx, row * columns + column);
    }
  }
}

/**
 * The batches, in the order in which both sides work them off.
 * @param bits of the ring
 * @param chosenBits of the inputs: as many as the ring's, or 1 for inputs that are 0 or 1
 * @throws CairnError `wire-bounds` if the products of one number do not fit a message
 */
export function batchesOf(
  { runsOfInput, length }: MapRuns,
  batch: number,
  bits: 32 | 64,
  chosenBits: number = bits,
): readonly Batch[] {
  const batches: Batch[] = [];
  let pieces: Piece[] = [];
  let [transfers, messageBytes] = [0, 0];
  const close = (): void => {
    if (transfers > 0) batches.push({ pieces, transfers, messageBytes });
    pieces = [];
    [transfers, messageBytes] = [0, 0];
  };
  const classes = elementsByRuns(runsOfInput, batch);
  for (let bit = 0; bit < chosenBits; bit++) {
    const width = Math.ceil((bits - bit) / 8);
    for (const [runs, elements] of classes) {
      const products = runs * length;
      const bytes = products * width;
      if (bytes > MAX_MESSAGE) {
        throw new CairnError('wire-bounds', `${products} products of one number do not fit a message of 1 MiB`);
      }
      for (let from = 0; from < elements.length;) {
        const room = Math.min(Math.floor((MAX_MESSAGE - messageBytes) / bytes), MAX_STEP - transfers);
        if (room === 0) {
          close();
          continue;
        }
        const taken = elements.subarray(from, from + room);
        pieces.push({ bit, elements: taken, width, products, blocks: Math.ceil(bytes / 16) });
        transfers += taken.length;
        messageBytes += bytes * taken.length;
        from += taken.length;
      }
    }
  }
  close();
  return batches;
}

/** The elements of all images by their number of runs; those that the map never uses are left out. */
function elementsByRuns(runsOfInput: Uint32Array, batch: number): ReadonlyMap<number, Uint32Array> {
  const lists = new Map<number, number[]>();
  for (let image = 0; image < batch; image++) {
    for (const [input, runs] of runsOfInput.entries()) {
      if (runs === 0) continue;
      const list = lists.get(runs) ?? [];
      lists.set(runs, list);
      list.push(image * runsOfInput.length + input);
    }
  }
  return new Map([...lists].map(([runs, list]) => [runs, Uint32Array.from(list)]));
}
