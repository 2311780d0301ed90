import { CairnError } from '../errors.ts';
import { kindOf, widthOf } from './elements.ts';
import { parseHeader, quoted } from './safetensors-header.ts';
import type { TensorEntry } from './safetensors-header.ts';

/** Maximum header size in bytes, set by the format. */
export const MAX_HEADER = 100_000_000;

/** Bytes before the header: its length. */
export const PREFIX = 8;

/** A tensor whose place in the file has been checked. */
export interface PlannedTensor extends TensorEntry {
  readonly name: string;
  /** Whether it is trained; if not, it is kept unchanged. A tensor without values is kept, whatever its type. */
  readonly trained: boolean;
}

/** Where everything in a file is. */
export interface ModelPlan {
  /** First byte of the values; tensors' offsets count from it. */
  readonly start: number;
  /** In the order of their bytes. */
  readonly tensors: readonly PlannedTensor[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** The error for a file that is not in the format. */
export function malformed(message: string): CairnError {
  return new CairnError('model-malformed', message);
}

/**
 * The header's length, from the first 8 bytes of a file: the only bytes inspected before the header is read.
 * @param fileLength - bytes of the whole file
 * @throws CairnError `model-malformed` for a header above 100 MB, or one that ends beyond the file
 */
export function headerLengthOf(prefix: Uint8Array, fileLength: number): number {
  if (prefix.length < PREFIX || fileLength < PREFIX) {
    throw malformed(`a file has at least ${PREFIX} bytes, but this one has ${fileLength}`);
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const length = view.getUint32(0, true);
  if (view.getUint32(4, true) !== 0 || length > MAX_HEADER) {
    throw malformed(`the header is longer than ${MAX_HEADER} bytes`);
  }
  if (PREFIX + length > fileLength) throw malformed(`the header has ${length} bytes, but the file ends before`);
  return length;
}

function headerText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new CairnError('model-malformed', 'the header is not UTF-8', { cause });
  }
}

/** Bytes of a tensor's values; inexact beyond 2^53, which no file reaches. */
function bytesOf(name: string, { dtype, shape }: TensorEntry): number {
  const kind = kindOf(dtype);
  if (kind === undefined) {
    throw malformed(`tensor ${quoted(name)}: the format has no element type ${quoted(dtype)}`);
  }
  if (kind === 'unsupported') {
    throw new CairnError(
      'model-unsupported',
      `tensor ${quoted(name)}: elements of type ${dtype} are neither trained nor kept`,
      { hint: 'save it as F16, BF16, F32 or F64, or leave the tensor out' },
    );
  }
  // Checked first: an overflowing product times 0 is NaN.
  if (shape.includes(0)) return 0;
  return shape.reduce((product, extent) => product * extent, widthOf(dtype)!);
}

/**
 * Reads a header and checks every tensor's place before anything is allocated for it: in order of their bytes they fill
 * the file without gaps or overlaps, and each has exactly the bytes that its type and shape imply.
 * @param header - its bytes
 * @param fileLength - bytes of the whole file
 * @throws CairnError `model-malformed`; `model-unsupported` for what the format allows and Cairn does not support
 */
export function planOf(header: Uint8Array, fileLength: number): ModelPlan {
  const { entries, metadata } = parseHeader(headerText(header));
  if (entries.size === 0) throw malformed('there is no tensor');
  const start = PREFIX + header.length;
  // A tensor without values begins where the next one does, and comes before it.
  const ordered = [...entries].sort(([, a], [, b]) => a.from - b.from || a.to - b.to);
  let end = 0;
  const tensors = ordered.map(([name, entry]): PlannedTensor => {
    const bytes = bytesOf(name, entry);
    if (entry.from !== end) throw malformed(`tensor ${quoted(name)} leaves a gap or overlaps another`);
    end = entry.from + bytes;
    if (entry.to !== end) throw malformed(`tensor ${quoted(name)}: offsets and shape disagree`);
    if (start + end > fileLength) throw malformed(`tensor ${quoted(name)} ends beyond the file`);
    return { ...entry, name, trained: bytes > 0 && kindOf(entry.dtype) === 'float' };
  });
  if (start + end !== fileLength) throw malformed(`${fileLength - start - end} bytes follow the last tensor`);
  return { start, tensors, metadata };
}
