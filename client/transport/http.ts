import { CairnError } from '../../protocol/errors.ts';
import { apiUrl } from './address.ts';
import type { Address } from './transport.ts';

/** The status of an answer to a request for a host other than the coordinator's own. */
const MISDIRECTED = 421;

/** The status of an answer to a client that asks too often. */
const TOO_MANY = 429;

/** The status of an answer to a request for bytes beyond the end. */
const BEYOND_THE_END = 416;

/** Statuses of temporary faults: they come from a proxy or the like, and say nothing about what was requested. */
const PASSING: ReadonlySet<number> = new Set([408, 425, TOO_MANY, 500, 502, 503, 504]);

/** Milliseconds until the next try if too many requests were made and the answer does not say, as to other origins. */
const DEFAULT_WAIT_MS = 5000;
const MAX_WAIT_MS = 60_000;

/** What one request is for. */
export interface Asked {
  /** Path below the API's root, such as `v1/directory`. */
  readonly path: string;
  /** Offset of the first byte that is still missing; 0 asks for all of it, without a range. */
  readonly from: number;
  /** Bypasses every cache on the way: one of them held wrong data. */
  readonly reload: boolean;
}

/** An answer with bytes in it. */
interface Found {
  readonly kind: 'bytes';
  readonly response: Response;
  /** Offset of its first byte in the whole. */
  readonly start: number;
  /** Bytes of the whole, if the answer says so. */
  readonly total: number | undefined;
}

/** The result of a request. `again`: it may be retried, after this many milliseconds if it says. */
export type Answer =
  | Found
  | { readonly kind: 'beyond'; readonly total: number | undefined }
  | { readonly kind: 'again'; readonly error: CairnError; readonly waitMs: number | undefined };

/**
 * One GET to the coordinator's API, as far as its headers.
 * @throws CairnError `coordinator-address` if the coordinator does not have this address, `unreachable` for an answer
 * that another try would not change: a refusal, a redirect, or a page for people; whatever `fetch` throws
 */
export async function ask(address: Address, { path, from, reload }: Asked, signal: AbortSignal): Promise<Answer> {
  const response = await fetch(apiUrl(address, path), {
    // A coordinator never redirects its clients.
    redirect: 'manual',
    ...(reload ? { cache: 'reload' } : {}),
    signal,
    // No `If-Range`: browsers would send other origins a preflight request first. The caller can tell what it got by
    // the hash.
    headers: { accept: 'application/octet-stream', ...(from === 0 ? {} : { range: `bytes=${from}-` }) },
  });
  const { status, headers } = response;
  const answers = (what: string): CairnError => new CairnError('unreachable', `${address.text} answers ${what}`);
  if (response.ok && !isPage(headers)) {
    if (status !== 206) return { kind: 'bytes', response, start: 0, total: undefined };
    return { kind: 'bytes', response, ...contentRange(headers, from) };
  }
  await response.body?.cancel();
  if (response.ok) {
    throw new CairnError('unreachable', `GET /${path} from ${address.text} returned a page for people`, {
      hint: 'a proxy, or a network that asks for a login first, answers in the coordinator’s place: open the address in a browser',
    });
  }
  if (status === BEYOND_THE_END && from > 0) return { kind: 'beyond', total: totalOf(headers) };
  if (status === MISDIRECTED) {
    throw new CairnError('coordinator-address', `the coordinator at ${address.text} does not use this address`);
  }
  if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    throw answers(`a redirect to GET /${path}, but a coordinator never redirects`);
  }
  const error = answers(`${status} to GET /${path}`);
  if (!PASSING.has(status)) throw error;
  return { kind: 'again', error, waitMs: waitOf(status, headers) };
}

/** Why a request failed, as text: `fetch` hides it in the cause of what it throws. */
export function causeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.cause instanceof Error && thrown.cause.message !== '' ? thrown.cause.message : thrown.message;
}

/** Whether an answer is a web page, which nothing in the API is. */
function isPage(headers: Headers): boolean {
  return /^(text\/html|application\/xhtml)/i.test(headers.get('content-type') ?? '');
}

/** Milliseconds that an answer asks to wait; undefined if that is up to the client. */
function waitOf(status: number, headers: Headers): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  if (seconds >= 0 && Number.isFinite(seconds)) return Math.min(1000 * seconds, MAX_WAIT_MS);
  return status === TOO_MANY ? DEFAULT_WAIT_MS : undefined;
}

/**
 * What a partial answer contains. One that does not say is assumed to be what was requested: the hash shows in the end.
 */
function contentRange(headers: Headers, from: number): Pick<Found, 'start' | 'total'> {
  const start = /^bytes (\d+)-\d+\//.exec(headers.get('content-range') ?? '')?.[1];
  return { start: start === undefined ? from : Number(start), total: totalOf(headers) };
}

function totalOf(headers: Headers): number | undefined {
  const total = /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1];
  return total === undefined ? undefined : Number(total);
}
