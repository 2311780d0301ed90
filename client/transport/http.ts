import { CairnError } from '../../protocol/errors.ts';
import { apiUrl } from './address.ts';
import type { Address } from './transport.ts';

/** The status of an answer to who asks too often. */
const TOO_MANY = 429;

/** The status of an answer to who asks for another host than the coordinator's own. */
const MISDIRECTED = 421;

/** Milliseconds until the next try where the answer does not say, as to pages of other origins. */
const DEFAULT_WAIT_MS = 5000;
const MOST_WAIT_MS = 60_000;

/** How one resource is fetched. */
export interface FetchOptions {
  /** Path below the API's root, such as `v1/directory`. */
  readonly path: string;
  /** Greatest number of bytes that is read. */
  readonly limit: number;
  /** Milliseconds for the whole answer. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Fetches bytes from the coordinator's API; where that has too many requests, again when it says. No more than `limit`
 * bytes are ever held.
 * @throws CairnError `unreachable` where there is no answer in time or one of failure, `coordinator-address` where the
 * coordinator does not go by this address, `wire-bounds` for a longer answer; the signal's reason where it was aborted
 */
export async function fetchBytes(
  address: Address,
  { path, limit, timeoutMs, signal }: FetchOptions,
): Promise<Uint8Array> {
  const timeout = AbortSignal.timeout(timeoutMs);
  // Cancelling a body leaves its connection open; aborting the request ends it.
  const enough = new AbortController();
  try {
    const ends = AbortSignal.any([enough.signal, timeout, ...(signal === undefined ? [] : [signal])]);
    const get = (): Promise<Response> =>
      fetch(apiUrl(address, path), {
        // A coordinator has no business sending its clients elsewhere.
        redirect: 'error',
        signal: ends,
        headers: { accept: 'application/octet-stream' },
      });
    let response = await get();
    // Others behind the same address may have asked for much: the coordinator says when there is room again.
    while (response.status === TOO_MANY) {
      await response.body?.cancel();
      await pause(waitOf(response), ends);
      response = await get();
    }
    if (response.status === MISDIRECTED) {
      throw new CairnError('coordinator-address', `the coordinator at ${address.text} does not go by this address`);
    }
    if (!response.ok) {
      throw new CairnError('unreachable', `${address.text} answers ${response.status} to GET /${path}`);
    }
    return await readBounded(response, limit, path);
  } catch (thrown) {
    enough.abort();
    if (thrown instanceof CairnError) throw thrown;
    signal?.throwIfAborted();
    const why = timeout.aborted ? `no answer within ${timeoutMs} ms` : causeOf(thrown);
    throw new CairnError('unreachable', `GET /${path} from ${address.text} failed: ${why}`, { cause: thrown });
  }
}

/** Milliseconds that an answer asks to wait. */
function waitOf({ headers }: Response): number {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return seconds >= 0 && Number.isFinite(seconds) ? Math.min(1000 * seconds, MOST_WAIT_MS) : DEFAULT_WAIT_MS;
}

/** @throws the signal's reason when it is aborted */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', aborted);
      resolve();
    }, ms);
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', aborted, { once: true });
  });
}

async function readBounded(response: Response, limit: number, path: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const chunk = await reader?.read();
    if (chunk === undefined || chunk.done) break;
    length += chunk.value.length;
    if (length > limit) throw new CairnError('wire-bounds', `GET /${path}: more than ${limit} bytes came`);
    parts.push(chunk.value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function causeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.cause instanceof Error && thrown.cause.message !== '' ? thrown.cause.message : thrown.message;
}
