import { PNG } from 'pngjs';
import { CairnError } from '../../protocol/errors.ts';

/** Greyscale pictures and their layout. */
export interface ImageGrid {
  /** count × rows × columns values, picture after picture, row by row. */
  readonly images: Float32Array;
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  /** Pictures side by side; default: as square a grid as the count allows. */
  readonly perRow?: number;
  /** The value that is black; default 0. */
  readonly low?: number;
  /** The value that is white; default 1. */
  readonly high?: number;
  /** Transparent pixels between pictures; default 2. */
  readonly gap?: number;
  /** Pixels of the file per pixel of a picture, along each side; default 1, since reports enlarge without blur. */
  readonly scale?: number;
}

/** A longer side is a mistake in the sizes, and more than browsers display. */
const LONGEST_SIDE = 16_384;

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

function wholeNumber(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new CairnError('tensor-shape', `image grid: ${name} must be an integer of at least ${least}, got ${value}`);
}

/**
 * Draws pictures as one greyscale PNG, left to right and top to bottom. Values outside low..high are drawn as the
 * nearer end; non-finite ones are transparent, like the gap. The same grid gives the same pixels everywhere, and the
 * same bytes wherever Node has the same zlib.
 * @throws CairnError `tensor-shape` if the sizes are not integers or do not fit the number of values
 */
export function imageGrid(grid: ImageGrid): Uint8Array {
  const count = wholeNumber('count', grid.count, 1);
  const rows = wholeNumber('rows', grid.rows, 1);
  const columns = wholeNumber('columns', grid.columns, 1);
  const perRow = Math.min(count, wholeNumber('perRow', grid.perRow ?? Math.ceil(Math.sqrt(count)), 1));
  const gap = wholeNumber('gap', grid.gap ?? 2, 0);
  const scale = wholeNumber('scale', grid.scale ?? 1, 1);
  const { low = 0, high = 1 } = grid;
  if (!(high - low > 0 && Number.isFinite(high - low))) {
    throw new CairnError('tensor-shape', `image grid: high must be above low, got ${low}..${high}`);
  }
  if (grid.images.length !== count * rows * columns) {
    const expected = `${count} × ${rows} × ${columns}`;
    throw new CairnError('tensor-shape', `image grid: expected ${expected} values, got ${grid.images.length}`);
  }

  const down = Math.ceil(count / perRow);
  const width = perRow * columns * scale + (perRow - 1) * gap;
  const height = down * rows * scale + (down - 1) * gap;
  if (Math.max(width, height) > LONGEST_SIDE) {
    throw new CairnError('tensor-shape', `image grid: ${width} × ${height} pixels; a side has at most ${LONGEST_SIDE}`);
  }

  // Two bytes a pixel, grey and alpha; zero is transparent.
  const pixels = Buffer.alloc(width * height * 2);
  for (let index = 0; index < count; index++) {
    const left = (index % perRow) * (columns * scale + gap);
    const top = Math.floor(index / perRow) * (rows * scale + gap);
    for (let y = 0; y < rows * scale; y++) {
      const source = (index * rows + Math.floor(y / scale)) * columns;
      for (let x = 0; x < columns * scale; x++) {
        const value = grid.images[source + Math.floor(x / scale)]!;
        if (!Number.isFinite(value)) continue;
        const share = Math.min(1, Math.max(0, (value - low) / (high - low)));
        const at = ((top + y) * width + left + x) * 2;
        pixels[at] = Math.round(share * 255);
        pixels[at + 1] = 255;
      }
    }
  }
  const png = new PNG({ width, height });
  png.data = pixels;
  return new Uint8Array(PNG.sync.write(png, { colorType: 4, inputColorType: 4, filterType: 0, deflateLevel: 9 }));
}

/** Width and height of a PNG from its header; undefined if the bytes are not a PNG. */
export function pngSize(bytes: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  if (bytes.length < 33 || SIGNATURE.some((byte, index) => bytes[index] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  return width > 0 && height > 0 ? { width, height } : undefined;
}
