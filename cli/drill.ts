import { writeSync } from 'node:fs';
import type { ParticipationEvent } from '../client/index.ts';
import type { MessageName } from '../protocol/wire/index.ts';

/** The message that a member sends in each state of a round. */
const MESSAGES = {
  'advertise-keys': 'advertiseKeys',
  'share-keys': 'shareKeys',
  'masked-input': 'maskedInput',
  'consistency-check': 'consistency',
  unmasking: 'unmaskShares',
} as const satisfies Record<string, MessageName>;

type DrillState = keyof typeof MESSAGES;

/** States at which a drill can stop a process. */
export const DRILL_STATES = Object.keys(MESSAGES) as readonly DrillState[];

/** Where a fault drill stops the process, as if its machine had hung. */
export interface DrillPoint {
  /** It stops before it sends this state's message. */
  readonly state: DrillState;
  /** Number of the round; any if absent. */
  readonly round?: number;
}

/**
 * A fault drill, for the demonstration and tests: the whole process hangs before a message is sent, since the client
 * announces each message before it hands it to the connection. Whoever reads the events is told, and kills it.
 */
export class Drill {
  readonly #point: DrillPoint;
  readonly #hang: () => void;
  /** An attempt that only measures has no update that could be lost. */
  #measures = false;

  /** @param hang does not return; another one is for tests alone */
  constructor(point: DrillPoint, hang = hangForEver) {
    this.#point = point;
    this.#hang = hang;
  }

  /** Takes every event, and does not return from the one at which the drill stops the process. */
  tell(event: ParticipationEvent): void {
    if (event.kind === 'invited') this.#measures = event.measures === true;
    if (event.kind !== 'sent' || this.#measures) return;
    const { state, round } = this.#point;
    if (event.message !== MESSAGES[state] || (round !== undefined && round !== event.round)) return;
    // Not by a stream, which would wait for a turn that does not come.
    writeSync(1, `${JSON.stringify({ kind: 'held', task: event.task, round: event.round, state })}\n`);
    this.#hang();
  }
}

const hangForEver = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
