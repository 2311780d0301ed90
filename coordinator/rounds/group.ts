import {
  schemeOf,
  type ServerWork,
  type WorkResult,
  type Drop,
  type Outgoing,
  type ServerStateName,
} from '../../protocol/rounds/index.ts';
import type { CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { MemberDirectory, RoundSettings } from '../../protocol/wire/index.ts';
import type { TaskConfig } from '../config/index.ts';
import { largestMessage } from '../sizes.ts';
import type { TaskHost } from './host.ts';
import type { RoundHandle, RoundListener } from './seat-hub.ts';
import { SessionDriver, type RoundEnd } from './session-driver.ts';
import { deadlinesOf } from './settings.ts';
import type { Tally } from './tally.ts';

/** Options for creating a group of an attempt. */
export interface GroupOptions {
  readonly task: TaskConfig;
  readonly host: TaskHost;
  readonly settings: RoundSettings;
  /** The directory of an active round. */
  readonly directory: MemberDirectory | undefined;
  readonly invited: readonly MemberId[];
  /** Its roster closes when this many have advertised keys. */
  readonly target: number;
  /** Proofs about members of the set that it repeats. */
  readonly proofs: readonly Uint8Array[];
  /** See `RoundOptions`. */
  readonly announce: (members: readonly MemberId[]) => Promise<void> | undefined;
  /** Further fields of its log lines. */
  readonly at: { readonly task: string; readonly round: number; readonly attempt: number; readonly group?: number };
  readonly onState: (state: ServerStateName, members: number) => void;
  /** `done` of the masks in its sum have been removed. */
  readonly onUnmasked: (done: number, of: number) => void;
}

/** Members of an attempt that share one round of secure aggregation: all of them if there is only one group. */
export class Group {
  readonly settings: RoundSettings;
  readonly invited: readonly MemberId[];
  readonly #options: GroupOptions;
  readonly #round: SessionDriver;
  readonly #handle: RoundHandle;
  readonly #listener: RoundListener;
  #stopListening: () => void = () => undefined;

  /** @throws CairnError if the round cannot be run with these settings */
  constructor(options: GroupOptions) {
    const { task, host, settings, directory, invited, target, proofs, announce, at, onState } = options;
    this.#options = options;
    this.settings = settings;
    this.invited = invited;
    const round = new SessionDriver({
      primitives: host.primitives,
      scheme: schemeOf(settings, host.schemes),
      settings,
      ...(directory === undefined ? {} : { directory }),
      invited,
      target,
      proofs,
      announce,
      deadlines: deadlinesOf(task),
      send: ({ to, bytes, last = false }) => host.seats.send(to, bytes, { last, from: this.#handle }),
      compute: (work, signal) => this.#compute(work, signal),
      onState: (state, members) => {
        host.log.debug('round-state', { ...at, state, members });
        onState(state, members);
      },
      onDrop: (drop) => this.#dropped(drop),
    });
    this.#round = round;
    this.#handle = {
      context: round.settingsHash,
      largest: largestMessage(task, settings.dimension, settings.untrained),
    };
    this.#listener = {
      refusal: (member, header) => round.refusal(member, header),
      message: (member, message) => round.message(member, message),
      leave: (member, reason) => round.leave(member, reason),
      timeLeft: () => round.timeLeft,
      sent: (bytes) => round.tally.down(bytes),
    };
  }

  /** Resolves with its sum, or with the reason why it has none. */
  get ended(): Promise<RoundEnd> {
    return this.#round.ended;
  }

  get tally(): Tally {
    return this.#round.tally;
  }

  /** The hash of its settings, which an Outcome refers to. */
  get settingsHash(): Uint8Array {
    return this.#round.settingsHash;
  }

  /** Seats its members, and invites them. */
  begin(): void {
    const { seats } = this.#options.host;
    this.#stopListening = seats.onMessage(this.#handle, this.#listener);
    seats.assign(this.invited, this.#handle);
    this.#round.begin();
  }

  abandon(error: CairnError): void {
    this.#round.abandon(error);
  }

  /** Tells its members how the attempt ended, and releases them. */
  async release(outcomes: Iterable<Outgoing>): Promise<void> {
    await this.#round.tell(outcomes);
    this.#options.host.seats.release(this.invited, this.#handle);
    this.#stopListening();
  }

  #dropped(drop: Drop): void {
    const { task, host, at } = this.#options;
    const { member, state, reason, effect } = drop;
    host.log.info('member-dropped', { ...at, member, state, code: reason, effect });
    host.dropped(task.name, drop);
  }

  async #compute(work: ServerWork, signal: AbortSignal): Promise<WorkResult> {
    const { task, host, at, onUnmasked } = this.#options;
    const started = performance.now();
    const { result, masks, workers } = await host.runner.run(work, { signal, onProgress: onUnmasked });
    host.log.debug('unmasked', { ...at, masks, workers, ms: Math.round(performance.now() - started) });
    host.unmasked(task.name, masks, workers);
    return result;
  }
}
