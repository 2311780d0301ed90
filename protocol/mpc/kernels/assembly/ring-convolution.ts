// Convolutions over Z_2^32 and Z_2^64 as products of matrices: filters × (channels · size²) times the patches of an image,
// (channels · size²) × positions. Patches are gathered one panel at a time, straight into the order that the product reads.
import { PANEL, panelProduct32, panelProduct64 } from './ring-product';

/** Copies an image of channels × height × width into the middle of a zero one with `padding` on all four sides. */
export function ringPad32(target: usize, image: usize, channels: i32, height: i32, width: i32, padding: i32): void {
  pad(target, image, channels, height, width, padding, 2);
}

/** See {@link ringPad32}. */
export function ringPad64(target: usize, image: usize, channels: i32, height: i32, width: i32, padding: i32): void {
  pad(target, image, channels, height, width, padding, 3);
}

function pad(target: usize, image: usize, channels: i32, height: i32, width: i32, padding: i32, log: usize): void {
  const row = (<usize>width) << log;
  const wide = (<usize>(width + 2 * padding)) << log;
  const margin = <usize>padding * wide + ((<usize>padding) << log);
  for (let channel = 0; channel < channels; channel++) {
    let to = target + margin;
    for (let y = 0; y < height; y++) {
      memory.copy(to, image, row);
      to += wide;
      image += row;
    }
    target += <usize>(height + 2 * padding) * wide;
  }
}

/** Gathers a panel of patches: row (channel, ky, kx), columns the positions from `first` on, of which `count` exist. */
function gather<T>(
  panel: usize,
  image: usize,
  channels: i32,
  height: i32,
  width: i32,
  size: i32,
  stride: i32,
  across: i32,
  first: i32,
  count: i32,
): void {
  const plane = height * width;
  for (let column = 0; column < count; column++) {
    const position = first + column;
    const y = (position / across) * stride;
    const x = (position % across) * stride;
    let from = image + <usize>(y * width + x) * sizeof<T>();
    let to = panel + <usize>column * sizeof<T>();
    for (let channel = 0; channel < channels; channel++) {
      let row = from;
      for (let ky = 0; ky < size; ky++) {
        for (let kx = 0; kx < size; kx++) {
          store<T>(to, load<T>(row + <usize>kx * sizeof<T>()));
          to += PANEL;
        }
        row += <usize>width * sizeof<T>();
      }
      from += <usize>plane * sizeof<T>();
    }
  }
}

/**
 * Convolves an image that is padded already, height × width with its padding. `down` and `across` are the result's rows
 * and columns; `scratch` has room for a panel of channels · size² rows and four more.
 */
export function ringConvolve32(
  target: usize,
  weights: usize,
  image: usize,
  channels: i32,
  height: i32,
  width: i32,
  filters: i32,
  size: i32,
  stride: i32,
  down: i32,
  across: i32,
  scratch: usize,
): void {
  const depth = channels * size * size;
  const positions = down * across;
  const spare = scratch + <usize>depth * PANEL;
  for (let first = 0; first < positions; first += 8) {
    const count = min(8, positions - first);
    gather<u32>(scratch, image, channels, height, width, size, stride, across, first, count);
    panelProduct32(
      target + ((<usize>first) << 2),
      (<usize>positions) << 2,
      weights,
      filters,
      scratch,
      PANEL,
      depth,
      (<usize>count) << 2,
      spare,
    );
  }
}

/** See {@link ringConvolve32}. */
export function ringConvolve64(
  target: usize,
  weights: usize,
  image: usize,
  channels: i32,
  height: i32,
  width: i32,
  filters: i32,
  size: i32,
  stride: i32,
  down: i32,
  across: i32,
  scratch: usize,
): void {
  const depth = channels * size * size;
  const positions = down * across;
  const spare = scratch + <usize>depth * PANEL;
  for (let first = 0; first < positions; first += 4) {
    const count = min(4, positions - first);
    gather<u64>(scratch, image, channels, height, width, size, stride, across, first, count);
    panelProduct64(
      target + ((<usize>first) << 3),
      (<usize>positions) << 3,
      weights,
      filters,
      scratch,
      PANEL,
      depth,
      (<usize>count) << 3,
      spare,
    );
  }
}
