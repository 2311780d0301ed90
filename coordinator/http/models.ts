import type { RequestHandler } from 'express';
import { CairnError } from '../../protocol/errors.ts';
import type { Store } from '../store/index.ts';
import { sendError } from './errors.ts';

/** Minimum speed of a download. */
interface Pace {
  /** Milliseconds that it may take in addition. */
  readonly stallMs: number;
  /** Bytes per second. */
  readonly minBytesPerSecond: number;
}

const HASH = /^[0-9a-f]{64}$/;

/** Whether an `If-None-Match` header names this model. */
function namesTag(header: string | undefined, hash: string): boolean {
  const tags = (header ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(`"${hash}"`);
}

/**
 * `GET /v1/models/:hash`: a model file. Its address is its hash, so it never changes: it may be cached for ever, and an
 * interrupted download continues with a range.
 */
export function serveModel(
  store: Store,
  { stallMs, minBytesPerSecond }: Pace,
  onServed: (bytes: number) => void,
): RequestHandler<{ hash: string }> {
  return async (request, response) => {
    const { hash } = request.params;
    const bytes = HASH.test(hash) ? await store.getModel(hash) : undefined;
    if (bytes === undefined) {
      const error = new CairnError('refused', 'there is no model with this hash', {
        hint: 'see /v1/tasks for current models',
      });
      sendError(response, 404, error);
      return;
    }
    response.set({
      'content-type': 'application/octet-stream',
      'cache-control': 'public, max-age=31536000, immutable',
      'accept-ranges': 'bytes',
      etag: `"${hash}"`,
    });
    // Not `request.fresh`, which resends everything if the client asks for no caching: content under a hash cannot have
    // changed.
    if (namesTag(request.get('if-none-match'), hash)) {
      response.status(304).end();
      return;
    }
    // There is no range of another version: `If-Range` with another tag asks for the whole file.
    const condition = request.get('if-range');
    const ranges =
      condition === undefined || condition === `"${hash}"` ? request.range(bytes.length, { combine: true }) : undefined;
    if (ranges === -1) {
      response.set('content-range', `bytes */${bytes.length}`);
      sendError(response, 416, new CairnError('wire-bounds', `the model has ${bytes.length} bytes`));
      return;
    }
    const whole = { start: 0, end: bytes.length - 1 };
    // Several ranges at once would need a multipart answer; no client needs one, and the whole file is always right.
    const partial = Array.isArray(ranges) && ranges.type === 'bytes' && ranges.length === 1;
    const { start, end } = partial ? ranges[0]! : whole;
    if (partial) response.status(206).set('content-range', `bytes ${start}-${end}/${bytes.length}`);
    const part = bytes.subarray(start, end + 1);
    response.set('content-length', String(part.length));
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    onServed(part.length);
    // A client that read a few bytes now and then could keep the model in memory, and the connection, for as long as it
    // likes.
    const late = setTimeout(() => response.destroy(), stallMs + Math.ceil((1000 * part.length) / minBytesPerSecond));
    response.once('close', () => clearTimeout(late));
    response.end(Buffer.from(part.buffer, part.byteOffset, part.byteLength));
  };
}
