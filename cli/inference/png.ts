import { PNG } from 'pngjs';
import { CairnError } from '../../protocol/errors.ts';

/** Bytes of a PNG's signature and of its first chunk up to the image's height. */
const HEAD = 24;

/** Shares of red, green and blue in a grey value (ITU-R BT.601). */
const LUMA = [0.299, 0.587, 0.114] as const;

/** Shape of an input: a vector, or channels × height × width. */
type Shape = readonly number[];

/**
 * An image as a model's input: grey, or three planes of red, green and blue for a model with three channels. What is
 * transparent lies on black. The image must have the model's size: it is not scaled.
 * @param name the file's, for messages
 * @returns the values from 0 (black) to 1
 * @throws CairnError `tensor-shape` for an image of another size, naming the size expected, before it is decoded;
 * `data-malformed` for what is no PNG
 */
export function readPng(bytes: Uint8Array, shape: Shape, name: string): Float32Array {
  const { width, height } = sizeOf(bytes, name);
  const channels = shape.length === 3 ? shape[0]! : 1;
  const fits = shape.length === 3 ? height === shape[1] && width === shape[2] : fitsFlat(shape[0]!, width, height);
  if (!fits || (channels !== 1 && channels !== 3)) {
    throw new CairnError(
      'tensor-shape',
      `${name} has ${width} × ${height} pixels, and the model takes ${expected(shape)}`,
      { hint: channels === 1 || channels === 3 ? 'scale the image first' : 'give the rows as CSV' },
    );
  }
  const data = decoded(bytes, name);
  const pixels = width * height;
  const values = new Float32Array(channels * pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const colour = (at: number): number => (data[4 * pixel + at]! * data[4 * pixel + 3]!) / (255 * 255);
    if (channels === 1) values[pixel] = LUMA[0] * colour(0) + LUMA[1] * colour(1) + LUMA[2] * colour(2);
    else for (let channel = 0; channel < 3; channel++) values[channel * pixels + pixel] = colour(channel);
  }
  // Rounding of the three shares.
  return values.map((value) => Math.min(1, value));
}

function decoded(bytes: Uint8Array, name: string): Uint8Array {
  try {
    return PNG.sync.read(Buffer.from(bytes)).data;
  } catch (cause) {
    throw new CairnError('data-malformed', `${name} is damaged: it cannot be decoded as PNG`, { cause });
  }
}

/** The size that the first chunk says; nothing is decoded for it. */
function sizeOf(bytes: Uint8Array, name: string): { readonly width: number; readonly height: number } {
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  if (bytes.length < HEAD || !signature.every((byte, i) => bytes[i] === byte)) {
    throw new CairnError('data-malformed', `${name} is not a PNG image`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

/** A model that takes a plain row of pixels names no size. If a square has as many, another form is taken for a mistake. */
function fitsFlat(pixels: number, width: number, height: number): boolean {
  return height * width === pixels && (height === width || !Number.isInteger(Math.sqrt(pixels)));
}

function expected(shape: Shape): string {
  if (shape.length === 3) {
    const [channels, height, width] = shape;
    return `${width} × ${height}${channels === 1 ? '' : ` with ${channels} channels`}`;
  }
  const side = Math.sqrt(shape[0]!);
  return `${shape[0]} pixels${Number.isInteger(side) ? `, such as ${side} × ${side}` : ''}`;
}
