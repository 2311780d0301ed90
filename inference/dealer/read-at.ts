import type { FileHandle } from 'node:fs/promises';
import { CairnError } from '../../protocol/errors.ts';

/** Reads exactly that many bytes. @throws CairnError `dealt-file` if the file ends before */
export async function readAt(file: FileHandle, at: number, length: number, path: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(bytes, done, length - done, at + done);
    if (bytesRead === 0) throw new CairnError('dealt-file', `${path} is cut off`);
    done += bytesRead;
  }
  return bytes;
}
