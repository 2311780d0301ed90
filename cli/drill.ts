import { writeSync } from 'node:fs';
import type { ParticipationEvent } from '../client/index.ts';
import { type CollectingState, stateTaking } from '../protocol/rounds/index.ts';

/** The point at which a fault drill stops the process, as if its machine had hung. */
export interface DrillPoint {
  /** It stops before it sends this state's message. */
  readonly state: CollectingState;
  /** Number of the round; any if absent. */
  readonly round?: number;
}

/**
 * A fault drill, for the demonstration and tests: the whole process hangs before a message is sent, since the client
 * announces each message before it passes it to the connection. The reader of its events is told, and kills it.
 */
export class Drill {
  readonly #point: DrillPoint;
  readonly #hang: () => void;
  /** An attempt that only measures has no update to lose. */
  #measures = false;

  /** @param hang never returns; tests may pass another one */
  constructor(point: DrillPoint, hang = hangForEver) {
    this.#point = point;
    this.#hang = hang;
  }

  /** Handles every event, and does not return from the one at which the drill stops the process. */
  tell(event: ParticipationEvent): void {
    if (event.kind === 'invited') this.#measures = event.measures === true;
    if (event.kind !== 'sent' || this.#measures) return;
    const { state, round } = this.#point;
    if (stateTaking(event.message) !== state || (round !== undefined && round !== event.round)) return;
    // Not through a stream, which would wait for a turn of the event loop that never comes.
    writeSync(1, `${JSON.stringify({ kind: 'held', task: event.task, round: event.round, state })}\n`);
    this.#hang();
  }
}

const hangForEver = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
