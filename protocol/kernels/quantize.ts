import { expectLength } from '../crypto/checks.ts';
import { SIZES } from '../crypto/suite.ts';
import { CairnError } from '../errors.ts';
import { expectBits, expectVectorLength, expectWords, lowBits } from './packing.ts';
import { keystreamWords } from './plain/keystream.ts';
import { plainDequantize, plainQuantize, roundStochastically } from './plain/quantize.ts';
import type { KernelName, Quantization } from './types.ts';
import { wasmWorkspace } from './wasm/workspace.ts';

function checkQuantization({ scale, levels, bits, key }: Quantization): void {
  if (!Number.isFinite(scale)) throw new CairnError('internal', `quantize: expected a finite scale, got ${scale}`);
  if (!Number.isInteger(levels) || levels < 1 || levels >= 2 ** 31) {
    throw new CairnError('internal', `quantize: expected 1 to 2^31 − 1 levels, got ${levels}`);
  }
  expectBits(bits);
  expectLength('chacha key', key, SIZES.key);
}

/**
 * Rounds floats stochastically to integers and writes them to `into` mod 2^b. Float v becomes x = v · scale, clamped to
 * [−L, L], and x becomes ⌊x⌋ + 1 if r < (x − ⌊x⌋) · 2^32 and ⌊x⌋ otherwise, r being its word of the stream.
 *
 * Everything is computed in doubles, whatever the kernel: a product with 24 significant bits is off by at most 2^−53 of
 * itself, and 32 bits of r decide the fraction, so the expected result is x up to 2^−32 even at 31 bits, where floats
 * would have lost the fraction. Integers are unchanged, so no clamped value leaves [−L, L]; NaN counts as L.
 * @param values n floats, not changed
 * @param into n words
 * @param options `kernel` selects one implementation; both give the same bits
 * @throws CairnError `wire-bounds` for a wrong length of `into`, more than 2^28 floats or bits outside [8, 32];
 * `internal` for a scale or levels out of range, `key-invalid` for a key that is not 32 bytes
 */
export function quantize(
  values: Float32Array,
  into: Uint32Array,
  quantization: Quantization,
  options: { readonly kernel?: KernelName } = {},
): void {
  checkQuantization(quantization);
  expectVectorLength(values.length);
  expectWords('quantized values', into, values.length);
  const workspace = wasmWorkspace(options.kernel);
  if (workspace === undefined) plainQuantize(values, into, quantization);
  else workspace.quantize(values, into, quantization);
}

/**
 * The rounding of {@link quantize} for a few numbers that are already doubles and scaled, continuing its stream: number
 * i takes word `first` + i.
 * @param into as many words as there are numbers
 * @throws CairnError as quantize does
 */
export function quantizeFew(
  numbers: readonly number[],
  into: Uint32Array,
  quantization: Omit<Quantization, 'scale'>,
  first: number,
): void {
  const { levels, bits, key, rounds } = quantization;
  checkQuantization({ ...quantization, scale: 1 });
  expectWords('quantized values', into, numbers.length);
  const words = keystreamWords(key, rounds, first, numbers.length);
  for (const [i, x] of numbers.entries()) into[i] = roundStochastically(x, levels, words[i]!) & lowBits(bits);
  words.fill(0);
}

/**
 * Turns words mod 2^b back into floats: the two's complement value of each, times `scale` in doubles, rounded once.
 * @param words n words; bits above b − 1 are ignored
 * @param into n floats
 * @param scale finite: the value of one level
 * @throws CairnError `wire-bounds` for a wrong length of `into`, more than 2^28 words or bits outside [8, 32];
 * `internal` for a scale that is not finite
 */
export function dequantize(
  words: Uint32Array,
  into: Float32Array,
  { bits, scale }: { readonly bits: number; readonly scale: number },
  options: { readonly kernel?: KernelName } = {},
): void {
  if (!Number.isFinite(scale)) throw new CairnError('internal', `dequantize: expected a finite scale, got ${scale}`);
  expectBits(bits);
  expectVectorLength(words.length);
  expectWords('floats', into, words.length);
  const workspace = wasmWorkspace(options.kernel);
  if (workspace === undefined) plainDequantize(words, into, bits, scale);
  else workspace.dequantize(words, into, bits, scale);
}
