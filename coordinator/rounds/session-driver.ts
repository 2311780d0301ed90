import {
  type CollectingState,
  type Drop,
  isCollectingState,
  type Outgoing,
  type RosterParameters,
  type Scheme,
  type ServerEvent,
  type ServerInput,
  type ServerSession,
  type ServerStateName,
  type ServerStep,
  type ServerWork,
  type WorkResult,
} from '../../protocol/rounds/index.ts';
import type { Primitives } from '../../protocol/crypto/index.ts';
import { asCairnError, type CairnError, type ErrorCode } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { MemberDirectory, Message, MessageHeader, RoundSettings } from '../../protocol/wire/index.ts';
import { PacedQueue } from './paced-queue.ts';
import { type Suspect, suspectsOf } from './suspects.ts';
import { Tally } from './tally.ts';
import { inTurns } from '../../platform/index.ts';

/** Milliseconds that each state may take. */
export type Deadlines = Readonly<Record<CollectingState, number>>;

/** Options for driving a round. */
export interface RoundOptions {
  readonly primitives: Primitives;
  /** The scheme that the settings name. */
  readonly scheme: Scheme;
  readonly settings: RoundSettings;
  /** Required for an active round. */
  readonly directory?: MemberDirectory;
  readonly invited: readonly MemberId[];
  /** The roster closes when this many have advertised keys. */
  readonly target: number;
  readonly deadlines: Deadlines;
  /**
   * Computes the plan of a session's work while the event loop stays free; once the signal is aborted its result is no
   * longer needed. The round wipes the result.
   */
  readonly compute: (work: ServerWork, signal: AbortSignal) => Promise<WorkResult>;
  /** Sends one message to a member; its bytes are made when it goes out. */
  readonly send: (message: Outgoing) => void;
  /**
   * Proofs that each member gets with its invitation, of members that dealt false shares in earlier rounds from this
   * model.
   */
  readonly proofs?: readonly Uint8Array[];
  /**
   * The survivors are known, and messages that show them wait for the returned promise; see `ServerEvent`. Undefined if
   * there is nothing to wait for.
   */
  readonly announce?: (members: readonly MemberId[]) => Promise<void> | undefined;
  /** See {@link PacedQueue}. */
  readonly sliceMs?: number;
  readonly onState?: (name: ServerStateName, members: number) => void;
  readonly onDrop?: (drop: Drop) => void;
}

/** How a round ended. */
export type RoundEnd =
  | {
      readonly kind: 'committed';
      readonly sum: Uint32Array;
      readonly included: readonly MemberId[];
      readonly drops: readonly Drop[];
      readonly suspects: readonly Suspect[];
      readonly refused: readonly MemberId[];
    }
  | {
      readonly kind: 'aborted';
      readonly error: CairnError;
      readonly drops: readonly Drop[];
      readonly suspects: readonly Suspect[];
      /** Proofs against the culprits that the error names. */
      readonly proofs: readonly Uint8Array[];
      /**
       * Members that refused the round: they sent an Abort in the first state, when no other member could have caused
       * it.
       */
      readonly refused: readonly MemberId[];
      /** Whether the roster was closed: before that no member has lost anything by the round's end. */
      readonly rostered: boolean;
    };

/**
 * Drives one server session: it owns the state, keeps the deadline of each state, wipes secrets that are no longer
 * needed, sends messages as the event loop has time, and has its work computed. It never rejects: a round ends with a
 * sum or with an error, and `ended` says which.
 */
export class SessionDriver {
  readonly tally: Tally;
  readonly ended: Promise<RoundEnd>;
  readonly #options: RoundOptions;
  readonly #computing = new AbortController();
  readonly #outbox: PacedQueue;
  #first: ServerStep | undefined;
  #state: ServerSession;
  /** Undefined until the roster is closed. */
  #parameters: RosterParameters | undefined;
  /** Whether it has left the scheme's first state: membership is decided then, even if there are no parameters. */
  #rostered = false;
  #timer: NodeJS.Timeout | undefined;
  /** When the current state's time is over; undefined while that has not begun. */
  #over: number | undefined;
  readonly #refused = new Set<MemberId>();
  #end: (end: RoundEnd) => void = () => undefined;

  /**
   * Prepares the round; {@link begin} sends the invitations.
   * @throws CairnError `settings-invalid`, `overflow-budget`, `directory-mismatch`: the round cannot be run
   */
  constructor(options: RoundOptions) {
    this.#options = options;
    this.#outbox = new PacedQueue((thrown) => void this.#fail(asCairnError(thrown)), options.sliceMs);
    this.tally = new Tally(options.settings.adversary, () => performance.now());
    this.ended = new Promise((resolve) => (this.#end = resolve));
    this.#first = options.scheme.server.start(options);
    this.#state = this.#first.state;
  }

  /** Sends the invitations, once. */
  begin(): void {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined) this.#apply(first);
  }

  /** The hash of its settings. */
  get settingsHash(): Uint8Array {
    return this.#options.scheme.server.settingsHash(this.#state);
  }

  /** The state it is in. */
  get state(): ServerStateName {
    return this.#state.name;
  }

  /** Milliseconds until the deadline of the state it is in; 0 in a state that takes no messages. */
  get timeLeft(): number {
    const { name } = this.#state;
    if (!isCollectingState(name)) return 0;
    return Math.max(0, this.#over === undefined ? this.#options.deadlines[name] : this.#over - performance.now());
  }

  /**
   * Why a message with this header would be refused now; undefined if it would be accepted or make the round drop its
   * sender.
   */
  refusal(from: MemberId, header: MessageHeader): CairnError | undefined {
    return this.#options.scheme.server.refusal(this.#state, from, header);
  }

  /** A message from a member. @returns why it was refused, or undefined if it was accepted */
  message(from: MemberId, message: Message): CairnError | undefined {
    this.tally.up(message.bytes.length);
    // Noted before the step, which may end the round. An Abort that is inspected drops the member, even if it cannot be
    // read.
    const refuses = message.name === 'abort' && this.#state.name === this.#options.scheme.states[0];
    if (refuses && this.refusal(from, message) === undefined) this.#refused.add(from);
    return this.#step({ kind: 'message', from, message });
  }

  /** A member is gone and will not come back in time. */
  leave(member: MemberId, reason: ErrorCode): void {
    this.#step({ kind: 'leave', member, reason });
  }

  /** Ends the round without a sum, in any state. */
  abandon(error: CairnError): void {
    this.#step({ kind: 'abandon', error });
  }

  /** Sends messages about the end of the round, after all earlier ones. Resolves when they are on their way. */
  async tell(messages: Iterable<Outgoing>): Promise<void> {
    this.#send(messages);
    await this.#outbox.drained();
  }

  #step(input: ServerInput): CairnError | undefined {
    try {
      const step = this.#options.scheme.server.step(this.#state, input);
      this.#apply(step);
      return step.refusal;
    } catch (thrown) {
      return this.#fail(asCairnError(thrown));
    }
  }

  #apply(step: ServerStep): void {
    this.#state = step.state;
    this.#parameters = this.#options.scheme.server.parameters(step.state) ?? this.#parameters;
    for (const secret of step.wipe) secret.wipe();
    // Messages count towards the cost of the state just entered, hence events first.
    for (const event of step.events) if (event.kind === 'state') this.#entered(event.name, event.members);
    // Messages still queued in an abandoned round are of no use; each member is told that it ended.
    if (step.events.some(({ kind }) => kind === 'aborted')) this.#outbox.clear();
    for (const event of step.events) {
      const kept = event.kind === 'survivors' ? this.#options.announce?.(event.members) : undefined;
      if (kept !== undefined) this.#outbox.after(kept);
    }
    this.#send(step.send);
    for (const event of step.events) this.#handle(event);
  }

  #send(messages: Iterable<Outgoing>): void {
    const tasks: (() => void)[] = [];
    for (const message of messages) tasks.push(() => this.#options.send(message));
    this.#outbox.push(tasks);
  }

  #entered(name: ServerStateName, members: number): void {
    clearTimeout(this.#timer);
    this.#over = undefined;
    this.#rostered ||= name !== this.#options.scheme.states[0] && name !== 'aborted';
    this.tally.enter(name, members);
    this.#options.onState?.(name, members);
  }

  /** A state's time begins when the last of its members has its message. */
  #startDeadline(name: ServerStateName): void {
    if (this.#state.name !== name || !isCollectingState(name)) return;
    const ms = this.#options.deadlines[name];
    this.#over = performance.now() + ms;
    this.#timer = setTimeout(() => this.#step({ kind: 'deadline' }), ms);
  }

  #handle(event: ServerEvent): void {
    switch (event.kind) {
      case 'state':
        this.#outbox.push([() => this.#startDeadline(event.name)]);
        return;
      case 'dropped':
        this.#options.onDrop?.(event.drop);
        return;
      case 'survivors':
        return;
      case 'work':
        void this.#compute(event.work);
        return;
      case 'committed':
      case 'aborted':
        this.#computing.abort();
        this.#end({ ...event, suspects: this.#suspects(event), ...this.#facts });
    }
  }

  /** Further facts about a round's end. */
  get #facts(): { readonly refused: readonly MemberId[]; readonly rostered: boolean } {
    return { refused: [...this.#refused], rostered: this.#rostered };
  }

  /** Empty if there was no roster: faults before then cost no member anything. */
  #suspects(event: Extract<ServerEvent, { kind: 'committed' | 'aborted' }>): readonly Suspect[] {
    const { drops } = event;
    const { error, proven } =
      event.kind === 'aborted'
        ? { error: event.error, proven: event.proofs.length > 0 }
        : { error: undefined, proven: false };
    const { unmasked } = this.tally.members;
    const colluding = this.#options.settings.colludingPpm / 1_000_000;
    const parameters = this.#parameters;
    return parameters === undefined ? [] : suspectsOf({ parameters, colluding, unmasked, drops, error, proven });
  }

  async #compute(work: ServerWork): Promise<void> {
    try {
      await inTurns(work.steps(), { signal: this.#computing.signal });
      const result = await this.#options.compute(work, this.#computing.signal);
      this.#step({ kind: 'worked', result });
      result.wipe();
    } catch (thrown) {
      // Usually the fault of a member, not of the program; the session wipes what it holds of the plan.
      if (!this.#computing.signal.aborted) this.abandon(asCairnError(thrown));
    }
  }

  /** A fault of the program: the session cannot safely continue, and what it holds is wiped. */
  #fail(error: CairnError): CairnError {
    clearTimeout(this.#timer);
    this.#computing.abort();
    if (this.#state.name !== 'committed' && this.#state.name !== 'aborted') this.#outbox.clear();
    const { server } = this.#options.scheme;
    const { state, wipe } = server.fail(this.#state, error);
    this.#state = state;
    for (const secret of wipe) secret.wipe();
    const drops = server.drops(state);
    this.#end({ kind: 'aborted', error, drops: [...drops], suspects: [], proofs: [], ...this.#facts });
    return error;
  }
}
