import { asCairnError, CairnError } from '../../protocol/errors.ts';
import { toHex } from '../../protocol/crypto/index.ts';
import {
  type Dealing,
  decodeDealingRequest,
  endDealing,
  NEW_DEALING,
  receiveDealingRequest,
  type Side,
} from '../../protocol/mpc/dealer/index.ts';
import type { Channel } from '../drivers/channel.ts';
import { within } from '../drivers/run.ts';
import { decodePlan } from '../plan/encode.ts';
import { demandsOf } from '../plan/demands.ts';

/** Bytes of the longest request: a plan of 1 MiB and what goes with it. */
const MAX_REQUEST = 2 ** 20 + 256;

/** How a dealer waits. */
export interface DealerOptions {
  /** Milliseconds that the first side's request waits for the other's. */
  readonly waitMs: number;
  /** Requests that may wait at a time. */
  readonly maxWaiting: number;
  /** A piece was dealt: bytes of its corrections, and milliseconds that they took. */
  readonly onDealt?: (dealt: { readonly bytes: number; readonly ms: number }) => void;
  readonly onRefused?: (error: CairnError) => void;
}

interface Waiting {
  dealing: Dealing;
  /** The corrected side's channel, if it came first. */
  readonly corrected: Channel | undefined;
  readonly done: () => void;
}

/**
 * A dealer that both sides of a computation reach: one WebSocket each and one piece, matched by a session id. It learns
 * seeds and plans, never inputs, weights or anything that the sides send each other, and forgets a piece once it has
 * dealt it. Its operator must be trusted not to share what it has with either side.
 */
export class DealerService {
  readonly #options: DealerOptions;
  readonly #waiting = new Map<string, Waiting>();

  constructor(options: DealerOptions) {
    this.#options = options;
  }

  /** Serves one connection. It never rejects. */
  async serve(channel: Channel): Promise<void> {
    try {
      await this.#serve(channel);
    } catch (thrown) {
      const error = asCairnError(thrown);
      channel.close(error.code === 'session-closed' ? undefined : error);
      this.#options.onRefused?.(error);
    }
  }

  async #serve(channel: Channel): Promise<void> {
    const { waitMs, maxWaiting } = this.#options;
    const length = requestLength(await within(channel.receiveText(100), waitMs));
    const request = await within(channel.receive(length), waitMs);
    try {
      const { session, side } = namesOf(request);
      const waiting = this.#waiting.get(session);
      if (waiting === undefined && this.#waiting.size >= maxWaiting) {
        throw new CairnError('rate-limited', 'this dealer has as many requests waiting as it allows');
      }
      const begun = performance.now();
      const step = receiveDealingRequest(waiting?.dealing ?? NEW_DEALING, request, {
        demandsOf: (plan, batch) => demandsOf(decodePlan(plan), batch),
      });
      channel.sendText('{"kind":"taken"}');
      if (waiting === undefined) await this.#wait(session, step.dealing, side, channel);
      else {
        this.#waiting.delete(session);
        const corrections = step.toCorrected!;
        this.#options.onDealt?.({ bytes: corrections.length, ms: performance.now() - begun });
        const target = side === 'corrected' ? channel : waiting.corrected!;
        if (!target.closed) {
          target.send(corrections);
          await target.drained();
        }
        waiting.done();
        // The corrected side closes once it has read them.
        if (side === 'corrected') await channel.ended(waitMs);
      }
    } finally {
      request.fill(0);
    }
  }

  /** Keeps the first request until the other side asks, or for as long as it may wait. */
  async #wait(session: string, dealing: Dealing, side: Side, channel: Channel): Promise<void> {
    let done = (): void => undefined;
    const served = new Promise<void>((resolve) => (done = resolve));
    const entry: Waiting = { dealing, corrected: side === 'corrected' ? channel : undefined, done };
    this.#waiting.set(session, entry);
    const { waitMs } = this.#options;
    // The seeded side needs nothing more, and may leave.
    try {
      await within(side === 'corrected' ? Promise.race([served, channel.ended(waitMs)]) : served, waitMs);
      if (side === 'corrected') await channel.ended(waitMs);
    } finally {
      if (this.#waiting.get(session) === entry) {
        this.#waiting.delete(session);
        entry.dealing = endDealing(entry.dealing);
      }
    }
  }
}

/** @throws CairnError `wire-not-canonical` or `wire-bounds` for what announces no request */
function requestLength(text: string): number {
  const match = /^\{"kind":"deal","bytes":(\d{1,8})\}$/.exec(text);
  if (match === null) throw new CairnError('wire-not-canonical', 'a dealer is asked by a request of bytes');
  const length = Number(match[1]);
  if (length < 1 || length > MAX_REQUEST) throw new CairnError('wire-bounds', `a request of ${length} bytes`);
  return length;
}

function namesOf(request: Uint8Array): { readonly session: string; readonly side: Side } {
  const { session, side, seed, maskSeed } = decodeDealingRequest(request);
  seed.fill(0);
  maskSeed?.fill(0);
  return { session: toHex(session), side };
}
