import { CairnError } from '../errors.ts';
import { widthOf } from './elements.ts';
import type { ParameterLayout } from './layout.ts';
import { quoted } from './safetensors-header.ts';
import { MAX_HEADER, malformed, PREFIX } from './safetensors-plan.ts';

const METADATA = '__metadata__';

/**
 * Maximum bytes of a model's file besides the values that are trained: header, metadata and kept tensors. 16 MiB plus
 * the size of the values, up to 128 MiB: a client that fetches a model of ten numbers need not accept more for it.
 * @param size - of the model's layout
 */
export function maxBesideValues(size: number): number {
  return Math.min(2 ** 27, 2 ** 24 + 4 * size);
}

/** A tensor that is carried along unchanged, such as a counter: neither trained nor averaged, and not in the layout. */
export interface KeptTensor {
  /** BOOL, U8 … I64; any supported type for a tensor without values. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Its values as they are in the file. */
  readonly bytes: Uint8Array;
}

/** What a model file holds besides the values that are trained. */
export interface ModelExtras {
  /** Name → tensor; names that the layout does not have. */
  readonly kept?: Readonly<Record<string, KeptTensor>>;
  /** Free text by key; omitted from the header if empty. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What comes before and after the flat vector of a layout in its model's file. */
export interface ModelFrame {
  /** Prefix, header, and kept tensors of 8 bytes a value: a multiple of 8 bytes, so that the vector is aligned. */
  readonly head: Uint8Array;
  /** The other kept tensors. */
  readonly tail: Uint8Array;
}

/** Ascending code-unit order, as in the layout. */
function sorted(keys: readonly string[]): string[] {
  return [...keys].sort((a, b) => (a < b ? -1 : 1));
}

// Written by hand: JSON.stringify would put keys that look like numbers first.
function jsonObject(members: readonly (readonly [key: string, json: string])[]): string {
  return `{${members.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(',')}}`;
}

type Named = readonly [name: string, tensor: KeptTensor];

/** The kept tensors, widest values first, so that all are aligned; then by name. */
function inWidths(layout: ParameterLayout, kept: Readonly<Record<string, KeptTensor>>): readonly Named[] {
  const entries = sorted(Object.keys(kept)).map((name): Named => [name, kept[name]!]);
  for (const [name, { dtype, shape, bytes }] of entries) {
    const width = widthOf(dtype);
    const wanted = shape.includes(0) ? 0 : shape.reduce((product, extent) => product * extent, width ?? NaN);
    if (width === undefined || bytes.length !== wanted || name === METADATA || layout.names.includes(name)) {
      throw new CairnError('update-shape', `tensor ${quoted(name)} cannot be kept beside the model’s own`);
    }
  }
  const widths = [...new Set(entries.map(([, { dtype }]) => widthOf(dtype)!))].sort((a, b) => b - a);
  return widths.flatMap((width) => entries.filter(([, { dtype }]) => widthOf(dtype) === width));
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * What a model's file holds besides the flat vector of its layout, in the canonical encoding: header keys in ascending
 * code-unit order without white space, spaces up to a multiple of 8 bytes; then kept tensors of 8 bytes a value, the
 * flat vector, and the other kept tensors, widest values first and otherwise by name.
 * @throws CairnError `model-malformed` for a tensor named `__metadata__` or a header above 100 MB; `update-shape` for a
 * kept tensor whose type, shape and bytes disagree, or whose name the layout has
 */
export function modelFrame(layout: ParameterLayout, { kept = {}, metadata = {} }: ModelExtras = {}): ModelFrame {
  if (layout.names.includes(METADATA)) throw malformed(`no tensor may be named ${METADATA}`);
  const members = new Map<string, string>();
  const place = (name: string, dtype: string, shape: readonly number[], from: number, to: number): void =>
    void members.set(name, `{"data_offsets":[${from},${to}],"dtype":"${dtype}","shape":[${shape.join(',')}]}`);
  const ordered = inWidths(layout, kept);
  const wide = ordered.filter(([, { dtype }]) => widthOf(dtype) === 8);
  const narrow = ordered.slice(wide.length);
  let at = 0;
  const placeKept = ([name, { dtype, shape, bytes }]: Named): void => {
    place(name, dtype, shape, at, at + bytes.length);
    at += bytes.length;
  };
  wide.forEach(placeKept);
  for (const name of layout.names) {
    const from = at + 4 * layout.offsetOf(name);
    place(name, 'F32', layout.shapeOf(name), from, from + 4 * layout.sizeOf(name));
  }
  at += 4 * layout.size;
  narrow.forEach(placeKept);
  const texts = sorted(Object.keys(metadata)).map((key) => [key, JSON.stringify(metadata[key])] as const);
  if (texts.length > 0) members.set(METADATA, jsonObject(texts));
  const header = headerOf(jsonObject(sorted([...members.keys()]).map((key) => [key, members.get(key)!])));
  return {
    head: joined([header, ...wide.map(([, { bytes }]) => bytes)]),
    tail: joined(narrow.map(([, { bytes }]) => bytes)),
  };
}

function headerOf(json: string): Uint8Array {
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.length / 8) * 8;
  if (length > MAX_HEADER) {
    throw malformed(`the header would have ${length} bytes, but at most ${MAX_HEADER} are allowed`);
  }
  const header = new Uint8Array(PREFIX + length);
  new DataView(header.buffer).setUint32(0, length, true);
  header.set(text, PREFIX);
  header.fill(0x20, PREFIX + text.length);
  return header;
}

/** A whole file with space for its values. */
export interface EmptyFile {
  readonly file: Uint8Array<ArrayBuffer>;
  /** The flat vector, in the memory of the file. */
  readonly flat: Float32Array<ArrayBuffer>;
}

/** The file of a model of `size` values, all zero. */
export function emptyFile({ head, tail }: ModelFrame, size: number): EmptyFile {
  const file = new Uint8Array(head.length + 4 * size + tail.length);
  file.set(head);
  file.set(tail, head.length + 4 * size);
  return { file, flat: new Float32Array(file.buffer, head.length, size) };
}
