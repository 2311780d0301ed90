import { ask, asCairnError } from '../../../inference/browser/index.ts';
import { fromHex } from '../../../protocol/crypto/bytes.ts';

/** A question as the tests hand it to a page. */
export interface Question {
  readonly servers: string | readonly [a: string, b: string];
  readonly rows: readonly number[];
  readonly dealer?: string;
  readonly member?: { readonly member: number; readonly seed: string };
  readonly unsafePlainHttp?: boolean;
  readonly timeoutMs?: number;
  /** When it aborts its own question: at the offer, after some rows, or before it begins. */
  readonly abort?: 'before' | 'offered' | 'answered';
}

/** What came of it. */
export interface Replied {
  readonly classes: readonly number[];
  readonly scores: readonly number[] | undefined;
  readonly left: number | undefined;
  /** Milliseconds, all in all. */
  readonly ms: number;
  readonly onlineMs: number;
  readonly receivedBytes: number;
  readonly events: readonly string[];
  /** Code and message of the error with which it ended. */
  readonly code?: string;
  readonly message?: string;
}

/** Asks, and tells what came of it, as JSON carries it. */
export async function question({ servers, rows, member, abort, ...options }: Question): Promise<Replied> {
  const events: string[] = [];
  const controller = new AbortController();
  if (abort === 'before') controller.abort();
  const begun = performance.now();
  try {
    const answer = await ask(servers, Float32Array.from(rows), {
      ...options,
      ...(member && { identity: { member: member.member, seed: fromHex(member.seed) } }),
      signal: controller.signal,
      onProgress(event) {
        if (event.kind === abort) controller.abort();
        const { kind } = event;
        events.push(kind === 'offered' ? `${event.offered.name} ${event.batch}` : `${event.answered}/${event.rows}`);
      },
    });
    return {
      ...{ classes: [...answer.classes], scores: answer.scores && [...answer.scores], left: answer.left, events },
      ...{ ms: performance.now() - begun, onlineMs: answer.onlineMs },
      receivedBytes: answer.offline.receivedBytes + answer.online.receivedBytes,
    };
  } catch (thrown) {
    const { code, message } = asCairnError(thrown);
    const nothing = { classes: [], scores: undefined, left: undefined, onlineMs: 0, receivedBytes: 0 };
    return { ...nothing, events, ms: performance.now() - begun, code, message };
  }
}
