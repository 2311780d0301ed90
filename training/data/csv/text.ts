import { fault, unsound } from './fault.ts';

/** Longest text that fits one string in every engine. */
const MAX_BYTES = 2 ** 29 - 32;

/** Whether bytes begin with a UTF-16 byte order mark, as a spreadsheet's "Unicode text" does. */
const isUtf16 = (bytes: Uint8Array): boolean =>
  (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);

function decoder(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch {
    throw unsound(
      `encoding "${encoding}" is unknown`,
      'name one that TextDecoder knows, such as utf-8 or windows-1252',
    );
  }
}

/**
 * A table's text, without a byte order mark.
 * @throws CairnError `data-malformed` if the bytes are not in the encoding; `config-invalid` for an unknown encoding
 */
export async function decodeText(
  source: string | Uint8Array | Blob,
  encoding: string | undefined,
  file: string,
): Promise<string> {
  const decode = decoder(encoding ?? 'utf-8');
  if (typeof source === 'string') return source.replace(/^\uFEFF/, '');
  const size = source instanceof Blob ? source.size : source.length;
  if (size > MAX_BYTES)
    throw fault(file, undefined, `${size} bytes are more than ${MAX_BYTES}`, 'split it into several files');
  const bytes = source instanceof Blob ? new Uint8Array(await source.arrayBuffer()) : source;
  if (encoding === undefined && isUtf16(bytes)) {
    throw fault(file, undefined, 'it is in UTF-16', 'pass encoding: "utf-16le", or save it as UTF-8');
  }
  try {
    return decode.decode(bytes);
  } catch {
    throw fault(
      file,
      undefined,
      `it is not in ${encoding ?? 'UTF-8'}`,
      'save it as UTF-8, or name its encoding, often encoding: "windows-1252"',
    );
  }
}
