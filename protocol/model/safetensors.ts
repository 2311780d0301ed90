import { toFloats } from './elements.ts';
import { ParameterLayout } from './layout.ts';
import type { NamedTensors, Shapes } from './layout.ts';
import { type KeptTensor, modelFrame } from './safetensors-frame.ts';
import { headerLengthOf, planOf, PREFIX } from './safetensors-plan.ts';
import type { PlannedTensor } from './safetensors-plan.ts';

/*
 * The safetensors format: an unsigned 64-bit little-endian header length, a JSON header with each tensor's type, shape
 * and place, and the values. Floats are trained, as 32-bit floats; integers and booleans are kept separately, unchanged.
 */

/** What a safetensors file holds. */
export interface DecodedModel {
  /** Tensors of floats: values in row-major order, in separate memory. */
  readonly tensors: Record<string, Float32Array>;
  /** Of {@link tensors}. */
  readonly shapes: Shapes;
  /** Tensors that are not trained: integers, booleans, and those without values. */
  readonly kept: Record<string, KeptTensor>;
  /** Free text by key; empty if there is none. */
  readonly metadata: Record<string, string>;
}

/**
 * Encodes a model canonically, so that equal models have equal bytes and one hash: see `modelFrame`.
 * @param tensors - the values of every tensor that `shapes` declares
 * @param metadata - free text by key; omitted from the header if empty
 * @param kept - tensors that are carried along unchanged
 * @returns the file in consecutive parts; the values are the tensors' own memory
 * @throws CairnError `update-shape` if tensors and shapes disagree, and what `modelFrame` throws
 */
export function safetensorsParts(
  tensors: NamedTensors,
  shapes: Shapes,
  metadata: Readonly<Record<string, string>> = {},
  kept: Readonly<Record<string, KeptTensor>> = {},
): Uint8Array[] {
  // Not every file is a model: a strategy's vectors may be several models long.
  const layout = new ParameterLayout(shapes, Infinity);
  const { head, tail } = modelFrame(layout, { metadata, kept });
  const values = layout.inOrder(tensors);
  return [head, ...values.map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength)), tail];
}

/** The same in one piece. @throws CairnError as {@link safetensorsParts} does */
export function encodeSafetensors(
  tensors: NamedTensors,
  shapes: Shapes,
  metadata: Readonly<Record<string, string>> = {},
  kept: Readonly<Record<string, KeptTensor>> = {},
): Uint8Array<ArrayBuffer> {
  const parts = safetensorsParts(tensors, shapes, metadata, kept);
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A tensor with its values: floats if it is trained, the unchanged bytes if it is kept. */
export type ReadTensor = readonly [tensor: PlannedTensor, values: Float32Array | Uint8Array];

/** A model made of the tensors read from its file. */
export function modelOf(tensors: readonly ReadTensor[], metadata: ReadonlyMap<string, string>): DecodedModel {
  const trained: [string, Float32Array][] = [];
  const shapes: [string, readonly number[]][] = [];
  const kept: [string, KeptTensor][] = [];
  for (const [{ name, dtype, shape }, values] of tensors) {
    if (values instanceof Uint8Array) {
      kept.push([name, { dtype, shape, bytes: values }]);
    } else {
      trained.push([name, values]);
      shapes.push([name, shape]);
    }
  }
  // fromEntries defines own properties, so a tensor may even be named "__proto__".
  return {
    tensors: Object.fromEntries(trained),
    shapes: Object.fromEntries(shapes),
    kept: Object.fromEntries(kept),
    metadata: Object.fromEntries(metadata),
  };
}

/**
 * Decodes an untrusted safetensors file: every length is checked before anything is allocated, and at most twice the
 * input's size is (halves become floats). Tensors and keys may be in any order, but tensors must fill the file without
 * gaps or overlaps, and no name may occur twice. Halves, bfloats and doubles become 32-bit floats.
 * @param bytes - the whole file, at any alignment; its values are copied
 * @throws CairnError `model-malformed`; `model-unsupported` for what the format allows and Cairn does not support
 */
export function decodeSafetensors(bytes: Uint8Array): DecodedModel {
  const length = headerLengthOf(bytes.subarray(0, PREFIX), bytes.length);
  const { start, tensors, metadata } = planOf(bytes.subarray(PREFIX, PREFIX + length), bytes.length);
  const read = tensors.map((tensor): ReadTensor => {
    const own = bytes.subarray(start + tensor.from, start + tensor.to);
    return [tensor, tensor.trained ? toFloats(tensor.dtype, own) : new Uint8Array(own)];
  });
  return modelOf(read, metadata);
}
