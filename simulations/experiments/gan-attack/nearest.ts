/** Where the nearest of some images lies. */
export interface Nearest {
  /** Its place among them, from 0. */
  readonly index: number;
  /** Euclidean distance. */
  readonly distance: number;
}

/**
 * The image of `images` (one after the other, as long as `image` each) at the least Euclidean distance; the first of
 * equally near ones.
 * @param images - at least one
 */
export function nearest(image: Float32Array, images: Float32Array): Nearest {
  const size = image.length;
  let index = 0;
  let least = Infinity;
  for (let at = 0; at < images.length; at += size) {
    let squares = 0;
    for (let i = 0; i < size && squares < least; i++) {
      const difference = image[i]! - images[at + i]!;
      squares += difference * difference;
    }
    if (squares < least) {
      least = squares;
      index = at / size;
    }
  }
  return { index, distance: Math.sqrt(least) };
}
