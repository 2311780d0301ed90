import { exp } from '../../../protocol/numeric.ts';
import { mean } from '../../laboratory/statistics.ts';
import { SIDE } from '../../models/mnist.ts';
import { BLACK, WHITE } from './networks.ts';

/** The nearest of some images. */
interface Nearest {
  /** Its place among them, from 0. */
  readonly index: number;
  /** Euclidean distance. */
  readonly distance: number;
}

/**
 * The image of `images` (concatenated, each as long as `image`) at the smallest Euclidean distance; the first of
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

// Window and constants of Wang et al. 2004, section III-B.
const WINDOW = 11;
const SIGMA = 1.5;
const K1 = 0.01;
const K2 = 0.03;

const weights = gaussian();

function gaussian(): Float64Array {
  const reach = (WINDOW - 1) / 2;
  const w = Float64Array.from({ length: WINDOW }, (_, i) => exp(-((i - reach) ** 2) / (2 * SIGMA * SIGMA)));
  const sum = w.reduce((a, b) => a + b, 0);
  return w.map((value) => value / sum);
}

/**
 * Weighted means of every whole window: (side − 10)² values. The window is a product, so rows and columns are handled
 * separately.
 */
function blur(image: Float64Array, side: number): Float64Array {
  const out = side - WINDOW + 1;
  const rows = new Float64Array(side * out);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < out; x++) {
      let sum = 0;
      for (let k = 0; k < WINDOW; k++) sum += weights[k]! * image[y * side + x + k]!;
      rows[y * out + x] = sum;
    }
  const blurred = new Float64Array(out * out);
  for (let y = 0; y < out; y++)
    for (let x = 0; x < out; x++) {
      let sum = 0;
      for (let k = 0; k < WINDOW; k++) sum += weights[k]! * rows[(y + k) * out + x]!;
      blurred[y * out + x] = sum;
    }
  return blurred;
}

function products(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  return Float64Array.from(a, (value, i) => value * b[i]!);
}

/**
 * The mean structural similarity of two square images of one channel (Wang, Bovik, Sheikh and Simoncelli 2004): windows
 * of 11 × 11 with Gaussian weights of deviation 1.5, K1 = 0.01, K2 = 0.03, over all windows that lie entirely inside.
 * From −1 to 1; 1 only for identical images.
 * @param side - rows and columns, at least 11; each image has side² values
 * @param range - white minus black
 */
export function ssim(a: ArrayLike<number>, b: ArrayLike<number>, side: number, range: number): number {
  const c1 = (K1 * range) ** 2;
  const c2 = (K2 * range) ** 2;
  const meanA = blur(Float64Array.from(a), side);
  const meanB = blur(Float64Array.from(b), side);
  const squareA = blur(products(a, a), side);
  const squareB = blur(products(b, b), side);
  const product = blur(products(a, b), side);
  let sum = 0;
  for (let i = 0; i < meanA.length; i++) {
    const [ma, mb] = [meanA[i], meanB[i]];
    const variances = squareA[i]! - ma! * ma! + squareB[i]! - mb! * mb!;
    const covariance = product[i]! - ma! * mb!;
    sum += ((2 * ma! * mb! + c1) * (2 * covariance + c2)) / ((ma! * ma! + mb! * mb! + c1) * (variances + c2));
  }
  return sum / meanA.length;
}

/** Similarity of samples to a set of real images: means over the samples. */
interface Likeness {
  /** Euclidean distance to the nearest image of the set; pixels from 0 to 1. */
  readonly distance: number;
  /** Structural similarity to that image. */
  readonly ssim: number;
}

/** Similarity of samples to the images that the victim trained on, and to as many held-out images of the class. */
interface Comparison {
  readonly victim: Likeness;
  readonly heldOut: Likeness;
  /** Share of the samples whose nearest image is one of the victim's; half, if the victim's images are not special. */
  readonly nearerToVictim: number;
}

interface Found {
  readonly distance: number;
  readonly ssim: number;
}

function find(sample: Float32Array, images: Float32Array): Found {
  const { index, distance } = nearest(sample, images);
  const image = images.subarray(index * sample.length, (index + 1) * sample.length);
  return { distance: distance / (WHITE - BLACK), ssim: ssim(sample, image, SIDE, WHITE - BLACK) };
}

function average(found: readonly Found[]): Likeness {
  return { distance: mean(found.map((each) => each.distance)), ssim: mean(found.map((each) => each.ssim)) };
}

/**
 * Compares samples with two sets of equally many images of the target. A generator that had learnt the victim's records
 * would be nearer to these than to the others.
 * @param samples - concatenated, SIDE² values each; at least one
 */
export function compare(samples: Float32Array, victim: Float32Array, heldOut: Float32Array): Comparison {
  const size = SIDE * SIDE;
  const each = Array.from({ length: samples.length / size }, (_, i) => samples.subarray(i * size, (i + 1) * size));
  const toVictim = each.map((sample) => find(sample, victim));
  const toHeldOut = each.map((sample) => find(sample, heldOut));
  const nearer = toVictim.filter(({ distance }, i) => distance < toHeldOut[i]!.distance).length;
  return { victim: average(toVictim), heldOut: average(toHeldOut), nearerToVictim: nearer / each.length };
}
