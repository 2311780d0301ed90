import { SIDE } from '../../models/mnist.ts';
import { imageGrid } from '../../report/png.ts';
import { BLACK, WHITE } from './networks.ts';

const PER_ROW = 10;
const ROWS = 4;

/** The name of the grid of samples behind a round of a federation. */
export function gridName(federation: string, round: number): string {
  return `${federation}-round${String(round).padStart(5, '0')}`;
}

/** The first forty samples as a PNG. @param samples - one after the other; at least one */
export function sampleGrid(samples: Float32Array): Uint8Array {
  const size = SIDE * SIDE;
  const count = Math.min(PER_ROW * ROWS, samples.length / size);
  const images = samples.subarray(0, count * size);
  return imageGrid({ images, count, rows: SIDE, columns: SIDE, perRow: PER_ROW, low: BLACK, high: WHITE });
}
