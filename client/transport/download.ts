import { CairnError } from '../../protocol/errors.ts';
import { ask, causeOf } from './http.ts';
import type { Address } from './transport.ts';

/** Milliseconds without a byte after which a connection counts as dead. The coordinator's own measure is longer. */
const SILENCE_MS = 20_000;

/** What to download, and how. */
export interface DownloadOptions {
  /** Path below the API's root, such as `v1/directory`. */
  readonly path: string;
  /** Maximum number of bytes that are held. */
  readonly limit: number;
  /**
   * Whether what the path names never changes, as if it is a hash: then a download that broke off continues where it
   * was, and the caller verifies the whole. Anything else begins again.
   */
  readonly resumes: boolean;
  /** Milliseconds before the second try. */
  readonly firstPauseMs: number;
  /** Milliseconds without a byte after which a connection counts as dead. Default 20 000. */
  readonly silenceMs?: number;
}

/**
 * One resource of the coordinator's API in transit, over as many connections as that takes: a line that breaks every
 * few seconds nevertheless delivers it, and what has come is not sent again. It has no time limit, since only the
 * caller knows for how long it is of use.
 */
export class Download {
  readonly #address: Address;
  readonly #options: DownloadOptions;
  #parts: Uint8Array[] = [];
  #length = 0;
  #total: number | undefined;
  #reload = false;

  constructor(address: Address, options: DownloadOptions) {
    this.#address = address;
    this.#options = options;
  }

  /** Number of bytes received. */
  get length(): number {
    return this.#length;
  }

  /**
   * Fetches what is missing, and retries with growing pauses, or when the coordinator says, until everything is there.
   * @param wanted called before each further try; if it returns false, the last failure is thrown, and what has come is
   * kept for the next call
   * @throws CairnError `unreachable` for an answer that another try would not change, or if it is no longer wanted;
   * `coordinator-address`, `wire-bounds` for more than `limit` bytes; the signal's reason if it was aborted
   */
  async whole(signal: AbortSignal, wanted: () => boolean = () => true): Promise<Uint8Array> {
    for (let barren = 0; ;) {
      signal.throwIfAborted();
      const before = this.#length;
      const failure = await this.#attempt(signal);
      if (failure === undefined) return this.#joined();
      barren = this.#length > before ? 0 : barren + 1;
      if (wanted()) await pause(failure.waitMs ?? this.#pauseAfter(barren), signal);
      if (!wanted()) throw failure.error;
    }
  }

  /** Discards what has come: it was not what it should be. Caches on the way are bypassed from now on. */
  discard(): void {
    this.#parts = [];
    this.#length = 0;
    this.#total = undefined;
    this.#reload = true;
  }

  #pauseAfter(barren: number): number {
    return growingPause(this.#options.firstPauseMs, Math.max(0, barren - 1));
  }

  /** One try. @returns why it did not bring everything, if another may; undefined when all is there */
  async #attempt(signal: AbortSignal): Promise<{ readonly error: CairnError; readonly waitMs?: number } | undefined> {
    const { path, silenceMs = SILENCE_MS } = this.#options;
    // Cancelling a body leaves its connection open; aborting the request ends it.
    const ends = new AbortController();
    const stop = (): void => ends.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const heard = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => ends.abort(new Error(`nothing came for ${silenceMs} ms`)), silenceMs);
    };
    heard();
    try {
      if (!this.#options.resumes) this.#begin();
      const answer = await ask(this.#address, { path, from: this.#length, reload: this.#reload }, ends.signal);
      if (answer.kind === 'again') return { error: answer.error, ...maybe(answer.waitMs) };
      if (answer.kind === 'beyond') {
        // Only the end of the answer was missed.
        if (answer.total === this.#length) return undefined;
        this.discard();
        return { error: this.#cut('it is shorter than the part already received') };
      }
      if (answer.start !== this.#length) this.#begin();
      if (answer.start !== this.#length) return { error: this.#cut('the part received is not the one requested') };
      this.#total = answer.total;
      await this.#read(answer.response, heard);
      if (this.#total !== undefined && this.#length < this.#total) return { error: this.#cut('a part is missing') };
      return undefined;
    } catch (thrown) {
      if (thrown instanceof CairnError) throw thrown;
      signal.throwIfAborted();
      return { error: this.#cut(causeOf(thrown), thrown) };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      ends.abort();
    }
  }

  /** Starts from the first byte. */
  #begin(): void {
    this.#parts = [];
    this.#length = 0;
    this.#total = undefined;
  }

  async #read(response: Response, heard: () => void): Promise<void> {
    const { limit, path } = this.#options;
    const reader = response.body?.getReader();
    for (;;) {
      const chunk = await reader?.read();
      if (chunk === undefined || chunk.done) return;
      heard();
      if (this.#length + chunk.value.length > limit) {
        this.#begin();
        throw new CairnError('wire-bounds', `GET /${path}: more than ${limit} bytes came`);
      }
      this.#parts.push(chunk.value);
      this.#length += chunk.value.length;
    }
  }

  #joined(): Uint8Array {
    const bytes = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  #cut(why: string, cause?: unknown): CairnError {
    const text = `GET /${this.#options.path} from ${this.#address.text} failed: ${why}`;
    return new CairnError('unreachable', text, { cause });
  }
}

const maybe = (waitMs: number | undefined): { readonly waitMs?: number } => (waitMs === undefined ? {} : { waitMs });

/** Maximum pause between two tries, in milliseconds. */
const MAX_PAUSE_MS = 15_000;

/**
 * Milliseconds to wait before the next try: doubles with each consecutive fruitless try, up to 15 seconds, and varies
 * by half either way, so that clients that were cut off together do not come back together.
 * @param base milliseconds before the first try
 * @param barren consecutive fruitless tries, from 0
 */
function growingPause(base: number, barren: number): number {
  return Math.min(base * 2 ** Math.min(barren, 30), MAX_PAUSE_MS) * (0.5 + Math.random());
}

/** Waits. @throws the signal's reason when it is aborted */
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
