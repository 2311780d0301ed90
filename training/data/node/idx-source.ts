import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CairnError } from '../../../protocol/errors.ts';
import { checkSize, contentOf, type IdxHeader, malformed, MAX_HEADER, readIdxHeader } from '../idx.ts';
import { IDX_TYPES } from '../idx-types.ts';

/** Maximum expansion ratio of gzip. */
const MAX_RATIO = 1032;

/** An IDX file that is read piece by piece, compressed or not. */
export interface IdxSource {
  readonly header: IdxHeader;
  /** Fills `target` with bytes from a position of the unpacked file: never before the end of an earlier call. */
  read(target: Uint8Array, position: number): Promise<void>;
  /** Checks the unread rest of a compressed file: that it has the right size and is complete. */
  finish(): Promise<void>;
  /** Releases the resources of reading. */
  close(): Promise<void>;
}

/**
 * Opens an IDX file, gzip-compressed or not whatever its name, lends it to `use` and closes it.
 * @throws CairnError `data-malformed` naming the file; what `use` throws
 */
export async function withIdx<T>(file: string, use: (source: IdxSource) => Promise<T>): Promise<T> {
  const handle = await open(file);
  try {
    const source = (await isPacked(handle)) ? await unpacked(file, handle) : await plain(handle);
    try {
      return await use(source);
    } finally {
      await source.close();
    }
  } catch (thrown) {
    if (!(thrown instanceof CairnError) || thrown.code !== 'data-malformed') throw thrown;
    throw new CairnError(thrown.code, `${file}: ${thrown.message}`, { hint: thrown.hint, cause: thrown });
  } finally {
    await handle.close();
  }
}

async function isPacked(handle: FileHandle): Promise<boolean> {
  const start = new Uint8Array(2);
  await handle.read(start, 0, 2, 0);
  return start[0] === 0x1f && start[1] === 0x8b;
}

async function plain(handle: FileHandle): Promise<IdxSource> {
  const { size } = await handle.stat();
  const read = async (target: Uint8Array, position: number): Promise<void> => {
    for (let done = 0; done < target.length;) {
      const { bytesRead } = await handle.read(target, done, target.length - done, position + done);
      if (bytesRead === 0) throw malformed('the file became shorter while it was read');
      done += bytesRead;
    }
  };
  const start = new Uint8Array(Math.min(MAX_HEADER, size));
  await read(start, 0);
  const header = readIdxHeader(start);
  checkSize(header, size);
  return { header, read, finish: () => Promise.resolve(), close: () => Promise.resolve() };
}

/** The unpacked content of a compressed file, from start to end, a chunk at a time. */
class Unpacking {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  #position = 0;

  constructor(file: string) {
    const gunzip = createGunzip();
    // An error at either end reaches the reader.
    pipeline(createReadStream(file), gunzip, () => undefined);
    this.#chunks = gunzip[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  }

  /** Bytes that have been returned or skipped. */
  get position(): number {
    return this.#position;
  }

  /** Returns at most this many bytes; none at the end. */
  async take(most: number): Promise<Uint8Array> {
    while (this.#chunk.length === 0) {
      const next = await this.#next();
      if (next === undefined) return this.#chunk;
      this.#chunk = next;
    }
    const taken = this.#chunk.subarray(0, most);
    this.#chunk = this.#chunk.subarray(taken.length);
    this.#position += taken.length;
    return taken;
  }

  async #next(): Promise<Uint8Array | undefined> {
    try {
      const next = await this.#chunks.next();
      return next.done === true ? undefined : next.value;
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code?.startsWith('Z_') !== true) throw cause;
      throw new CairnError('data-malformed', 'the file is gzip-compressed, and damaged or cut off', { cause });
    }
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

async function unpacked(file: string, handle: FileHandle): Promise<IdxSource> {
  const start = new Uint8Array(MAX_HEADER);
  const first = new Unpacking(file);
  let length = 0;
  for (;;) {
    const taken = await first.take(MAX_HEADER - length);
    if (taken.length === 0) break;
    start.set(taken, length);
    length += taken.length;
  }
  await first.close();
  const header = readIdxHeader(start.subarray(0, length));
  const size = header.length + header.values * IDX_TYPES[header.type].bytes;
  // The reader allocates memory for the size in the header.
  if (size > MAX_RATIO * (await handle.stat()).size) {
    throw malformed(`${contentOf(header)} and the header are ${size} bytes, more than the file can unpack to`);
  }
  const unpacking = new Unpacking(file);
  const wrong = (): CairnError =>
    malformed(`${contentOf(header)} and the header are ${size} bytes, but the file unpacks to ${unpacking.position}`);
  return {
    header,
    async read(target, position) {
      while (unpacking.position < position) {
        if ((await unpacking.take(position - unpacking.position)).length === 0) throw wrong();
      }
      for (let done = 0; done < target.length;) {
        const taken = await unpacking.take(target.length - done);
        if (taken.length === 0) throw wrong();
        target.set(taken, done);
        done += taken.length;
      }
    },
    async finish() {
      // One extra byte is enough to know: the rest is not unpacked.
      while (unpacking.position <= size && (await unpacking.take(size + 1)).length > 0);
      if (unpacking.position !== size) throw wrong();
    },
    close: () => unpacking.close(),
  };
}
