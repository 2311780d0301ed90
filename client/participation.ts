import type { SecretBytes } from '../protocol/crypto/index.ts';
import { asCairnError, type CairnError } from '../protocol/errors.ts';
import { ofApp } from './app-fault.ts';
import type { App } from './app.ts';
import { assertSomeData } from './data-check.ts';
import type { RoundContext, RoundEnd } from './driver/context.ts';
import { ENDING, Refusals } from './driver/refusals.ts';
import { Rounds } from './driver/rounds.ts';
import { UpdateKeeper } from './driver/updates.ts';
import { Ending, type EndingOptions } from './ending.ts';
import type { ParticipationEvent, ParticipationSummary } from './events.ts';
import { Tasks } from './tasks.ts';
import { CoordinatorConnection, type ConnectionOptions } from './transport/connection.ts';

/** A running client. */
export interface Participation {
  /**
   * Resolves when the client has left, at its own request or since all its tasks have ended, and rejects with a
   * CairnError when it cannot continue: what `data()` throws, `data-empty`, `unreachable`, `wire-version`, `refused`
   * and the coordinator's other reasons against its Hello, `model-unsaved`, or `memory-lost`. A round that it refuses
   * for any other reason does not end it. It need not be awaited: an unobserved rejection is not an error of the
   * process, since `onEvent` reports it too.
   */
  readonly closed: Promise<ParticipationSummary>;
  /** Leaves the round, wipes its secrets, tells the coordinator, and ends the connection. Calling it again is harmless. */
  leave(): Promise<void>;
}

/** The parts of a participation. */
export interface ParticipationParts {
  readonly app: App;
  readonly connection: ConnectionOptions;
  /** Everything of a round's context that does not belong to the participation itself. */
  readonly round: Omit<RoundContext, 'updates' | 'refusals' | 'send' | 'emit' | 'trainer'> & {
    readonly trainer: Omit<RoundContext['trainer'], 'data'>;
  };
  /** A secret created for this participation, and wiped at its end. */
  readonly ownedSecret: SecretBytes | undefined;
  readonly onEvent: ((event: ParticipationEvent) => void) | undefined;
  readonly leaveTimeoutMs: number;
  readonly ending: EndingOptions;
}

/** Loads the data, connects, and serves rounds until it leaves or fails. */
export class Participant implements Participation {
  readonly closed: Promise<ParticipationSummary>;
  readonly #parts: ParticipationParts;
  readonly #updates = new UpdateKeeper();
  readonly #counts = { included: 0, missed: 0, abandoned: 0, refused: 0 };
  readonly #undelivered = new Set<Promise<unknown>>();
  readonly #tasks: Tasks;
  readonly #end: Ending;
  #rounds: Rounds | undefined;
  #connection: CoordinatorConnection | undefined;
  #member: number | undefined;
  #ending = false;
  #resolve!: (summary: ParticipationSummary) => void;
  #reject!: (error: CairnError) => void;

  constructor(parts: ParticipationParts) {
    this.#parts = parts;
    const { connection, round, ending } = parts;
    const { address, primitives, tasks } = connection;
    this.#tasks = new Tasks(tasks, (event) => this.#emit(event));
    this.#end = new Ending(ending, {
      tasks: this.#tasks,
      models: { address, primitives, layout: round.trainer.layout, firstPauseMs: connection.pace.reconnectDelayMs },
      pauseAtMost: (ms) => this.#connection?.pauseAtMost(ms),
      over: (thrown) => void this.#finish(thrown === undefined ? undefined : asCairnError(thrown)),
    });
    this.closed = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.closed.catch(() => undefined);
    void this.#start();
  }

  async leave(): Promise<void> {
    await this.#finish();
    await this.closed.catch(() => undefined);
  }

  async #start(): Promise<void> {
    try {
      // Before connecting: a client with a seat counts for the quorum, and so should be able to train.
      const { app } = this.#parts;
      const data = await ofApp('data', () => app.data());
      assertSomeData(data);
      const engine = await ofApp('data', () => app.runsOn?.());
      if (engine !== undefined && !this.#ending) this.#emit({ kind: 'engine', engine });
      if (!this.#ending) this.#connect(data);
    } catch (thrown) {
      void this.#finish(asCairnError(thrown));
    }
  }

  #connect(data: unknown): void {
    const { round, connection } = this.#parts;
    const context: RoundContext = {
      ...round,
      trainer: { ...round.trainer, data },
      updates: this.#updates,
      refusals: new Refusals(),
      send: (bytes) => this.#send(bytes),
      emit: (event) => this.#emit(event),
    };
    if (connection.speaker.kind === 'guest') this.#emit({ kind: 'unsafe-open-enrolment' });
    const rounds = new Rounds(context, (end) => this.#roundEnded(end));
    this.#rounds = rounds;
    this.#connection = new CoordinatorConnection(connection, {
      seated: (member, renewed) => {
        this.#member = member;
        this.#emit({ kind: 'connected', member, renewed });
        rounds.seated(member, renewed);
      },
      message: (message) => rounds.message(message),
      unreadable: (error) => rounds.unreadable(error),
      news: (news) => {
        if (this.#ending || !this.#tasks.take(news)) return;
        rounds.news(news);
        this.#end.look();
      },
      lost: (reason) => this.#emit({ kind: 'disconnected', reason }),
      failed: (error) => void this.#finish(error),
    });
  }

  #send(bytes: Uint8Array): Promise<Uint8Array | undefined> {
    const delivery = this.#connection!.send(bytes);
    const settled: Promise<boolean> = delivery.then(
      () => this.#undelivered.delete(settled),
      () => this.#undelivered.delete(settled),
    );
    this.#undelivered.add(settled);
    return delivery;
  }

  #roundEnded(end: RoundEnd): void {
    if (end.kind === 'measured') return;
    if (end.kind === 'committed') this.#counts[end.included ? 'included' : 'missed']++;
    else this.#counts[end.kind === 'left' ? 'abandoned' : end.kind]++;
    if (end.kind === 'refused' && ENDING.has(end.error.code)) void this.#finish(end.error);
  }

  /** Ends everything, once: with an error, or at this client's own request. */
  async #finish(error?: CairnError): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    this.#end.close();
    this.#tasks.close();
    this.#rounds?.close();
    this.#updates.close();
    await this.#goodbye();
    this.#connection?.close();
    this.#parts.round.trainer.models.close();
    this.#parts.ownedSecret?.wipe();
    if (error === undefined) {
      this.#emit({ kind: 'left' });
      this.#resolve({ member: this.#member, ...this.#counts, tasks: this.#tasks.ends });
    } else {
      const { code, message, hint } = error;
      this.#emit({ kind: 'failed', code, message, hint });
      this.#reject(error);
    }
  }

  /** Waits for sent messages to be acknowledged, but not forever, and not at all without a connection. */
  async #goodbye(): Promise<void> {
    if (this.#connection?.seated !== true || this.#undelivered.size === 0) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise((resolve) => (timer = setTimeout(resolve, this.#parts.leaveTimeoutMs)));
    await Promise.race([Promise.all(this.#undelivered), patience]);
    clearTimeout(timer);
  }

  #emit(event: ParticipationEvent): void {
    try {
      this.#parts.onEvent?.(event);
    } catch (thrown) {
      // An error in the listener must neither break the round nor go unnoticed.
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }
}
