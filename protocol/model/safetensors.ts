import { CairnError } from '../errors.ts';
import { parseHeader, quoted } from './safetensors-header.ts';
import type { TensorEntry } from './safetensors-header.ts';
import { ParameterLayout } from './layout.ts';
import type { NamedTensors, Shapes } from './layout.ts';

/*
 * The safetensors format: an unsigned 64-bit little-endian header length, a JSON header with each tensor's type, shape
 * and place, and the values. Here all values are 32-bit floats, little-endian as on every host we run on.
 */

/** Greatest header in bytes; the format itself would allow 100 MB. */
const MAX_HEADER = 2 ** 20;
const METADATA = '__metadata__';

/** What a safetensors file holds. */
export interface DecodedModel {
  /** Values in row-major order, in memory of their own. */
  readonly tensors: Record<string, Float32Array>;
  readonly shapes: Shapes;
  /** Free text by key; empty where the file has none. */
  readonly metadata: Record<string, string>;
}

function malformed(message: string): CairnError {
  return new CairnError('model-malformed', message);
}

/** Ascending code-unit order, as {@link ParameterLayout} has it. */
function sorted(keys: readonly string[]): string[] {
  return [...keys].sort((a, b) => (a < b ? -1 : 1));
}

// Written by hand: JSON.stringify would put keys that look like numbers first.
function jsonObject(members: readonly (readonly [key: string, json: string])[]): string {
  return `{${members.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(',')}}`;
}

/**
 * What a file begins with, up to the values of the first tensor: a multiple of 8 bytes. Behind it stands the flat vector
 * of the layout.
 * @param metadata - free text; left out of the header where it is empty
 * @throws CairnError `model-malformed` for a tensor named `__metadata__` or a header above 1 MiB
 */
export function safetensorsHead(layout: ParameterLayout, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  if (layout.names.includes(METADATA)) throw malformed(`no tensor may be named ${METADATA}`);
  const members = new Map<string, string>();
  for (const name of layout.names) {
    const from = 4 * layout.offsetOf(name);
    const to = from + 4 * layout.sizeOf(name);
    const shape = `[${layout.shapeOf(name).join(',')}]`;
    members.set(name, `{"data_offsets":[${from},${to}],"dtype":"F32","shape":${shape}}`);
  }
  const texts = sorted(Object.keys(metadata)).map((key) => [key, JSON.stringify(metadata[key])] as const);
  if (texts.length > 0) members.set(METADATA, jsonObject(texts));
  const json = jsonObject(sorted([...members.keys()]).map((key) => [key, members.get(key)!]));

  const text = new TextEncoder().encode(json);
  const headerLength = Math.ceil(text.length / 8) * 8;
  if (headerLength > MAX_HEADER) {
    throw malformed(`the header would have ${headerLength} bytes, but at most ${MAX_HEADER} are allowed`);
  }
  const head = new Uint8Array(8 + headerLength);
  new DataView(head.buffer).setUint32(0, headerLength, true);
  head.set(text, 8);
  head.fill(0x20, 8 + text.length);
  return head;
}

/**
 * Encodes a model canonically, so that equal models are equal bytes and one hash names both: tensors in layout order
 * without gaps, header keys in ascending code-unit order without white space, spaces up to a multiple of 8 bytes.
 * @param tensors - the values of every tensor that `shapes` declares
 * @param metadata - see {@link safetensorsHead}
 * @returns the file in parts, one behind the other; the values are the tensors' own memory
 * @throws CairnError `update-shape` where tensors and shapes disagree, and what {@link safetensorsHead} throws
 */
export function safetensorsParts(
  tensors: NamedTensors,
  shapes: Shapes,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const layout = new ParameterLayout(shapes);
  const head = safetensorsHead(layout, metadata);
  const values = layout.inOrder(tensors);
  return [head, ...values.map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength))];
}

/** The same in one piece. @throws CairnError as {@link safetensorsParts} does */
export function encodeSafetensors(
  tensors: NamedTensors,
  shapes: Shapes,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const parts = safetensorsParts(tensors, shapes, metadata);
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function headerText(bytes: Uint8Array, length: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, 8 + length));
  } catch (cause) {
    throw new CairnError('model-malformed', 'the header is not UTF-8', { cause });
  }
}

/** Number of values; beyond 2^53 inexact, and then beyond every file. */
function sizeOf(name: string, { dtype, shape }: TensorEntry): number {
  if (dtype !== 'F32') throw malformed(`tensor ${quoted(name)}: only F32 is read, but it is ${quoted(dtype)}`);
  if (shape.includes(0)) throw malformed(`tensor ${quoted(name)} has no values`);
  return shape.reduce((product, extent) => product * extent, 1);
}

/**
 * Decodes a safetensors file of 32-bit floats from anybody: every length is checked before anything is allocated, and
 * no more is allocated than came. Any order of tensors and keys is read, but tensors must fill the file without gaps or
 * overlaps, and no name may come twice.
 * @param bytes - the whole file, at any alignment; it is copied from
 * @throws CairnError `model-malformed`
 */
export function decodeSafetensors(bytes: Uint8Array): DecodedModel {
  if (bytes.length < 8) throw malformed(`a file has at least 8 bytes, but this one has ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = view.getUint32(0, true);
  if (view.getUint32(4, true) !== 0 || headerLength > MAX_HEADER) {
    throw malformed(`the header is longer than ${MAX_HEADER} bytes`);
  }
  const start = 8 + headerLength;
  if (start > bytes.length) throw malformed(`the header has ${headerLength} bytes, but the file ends before`);

  const { entries, metadata } = parseHeader(headerText(bytes, headerLength));
  if (entries.size === 0) throw malformed('there is no tensor');

  let end = 0;
  const tensors: [string, Float32Array][] = [];
  const shapes: [string, readonly number[]][] = [];
  for (const [name, entry] of [...entries].sort(([, a], [, b]) => a.from - b.from)) {
    const size = sizeOf(name, entry);
    if (entry.from !== end) throw malformed(`tensor ${quoted(name)} leaves a gap or overlaps another`);
    end = entry.from + 4 * size;
    if (entry.to !== end) throw malformed(`tensor ${quoted(name)}: offsets and shape disagree`);
    if (start + end > bytes.length) throw malformed(`tensor ${quoted(name)} ends behind the file`);
    // The slice starts a buffer of its own, aligned whatever the input's alignment is.
    tensors.push([name, new Float32Array(new Uint8Array(bytes.subarray(start + entry.from, start + end)).buffer)]);
    shapes.push([name, entry.shape]);
  }
  if (start + end !== bytes.length) throw malformed(`${bytes.length - start - end} bytes follow the last tensor`);
  // fromEntries defines own properties, so that a tensor may even be named "__proto__".
  return {
    tensors: Object.fromEntries(tensors),
    shapes: Object.fromEntries(shapes),
    metadata: Object.fromEntries(metadata),
  };
}
