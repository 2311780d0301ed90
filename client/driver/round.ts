import {
  type ClientEvent,
  type ClientInput,
  type ClientSession,
  type ClientStep,
  schemeOf,
  type SentMessage,
} from '../../protocol/rounds/index.ts';
import { toHex } from '../../protocol/crypto/index.ts';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { encodeAbort, type Message, type RoundInvitation, type RoundSettings } from '../../protocol/wire/index.ts';
import { checkPolicy, checkPrivacy, note } from './consent.ts';
import type { RoundAtWork, RoundContext, RoundEnd, RoundFromModel } from './context.ts';
import { earlyEnd } from './early-end.ts';
import { inputOf } from './input.ts';
import {
  assertDimension,
  assertUntrained,
  fromModel,
  type Obtained,
  obtainUpdate,
  sessionStart,
} from './preparation.ts';
import { Sending } from './sending.ts';

/**
 * Maximum number of messages kept while the session is being prepared. An honest coordinator sends at most six proofs
 * of false dealings with its invitation, the same again after each reconnection, and one more message at the end: this
 * is enough for a client that reconnects once meanwhile. Further ones are dropped, and at worst cost this client the
 * round.
 */
const MAX_EARLY = 16;

/**
 * Drives one round: it checks the settings against the client's policy, fetches the model, whose values determine what
 * the client remembers about it, starts the session, gets an update, and only then advertises keys, so that a client
 * that cannot train is in no roster; the deadline of advertise-keys covers the training. From then on the session
 * decides what happens. Messages are handled in the order in which they come, and the secrets that a step lists are
 * wiped before anything is sent.
 */
export class RoundDriver {
  readonly settings: RoundSettings;
  readonly #round: RoundAtWork;
  readonly #member: MemberId;
  readonly #invitation: RoundInvitation;
  readonly #onEnd: (end: RoundEnd) => void;
  readonly #over = new AbortController();
  readonly #sending: Sending;
  #state: ClientSession | undefined;
  /** Messages that came before the session had started. */
  #early: Message[] = [];
  /** The round with its model's point; undefined until that is known. */
  #from: RoundFromModel | undefined;
  #obtained: Obtained | undefined;
  /** Whether the session asked for its input before there was an update. */
  #inputWanted = false;
  /** Whether its update was requested, from a new training or one still running. */
  #asked = false;
  /** `inputRecord` of the update, in hex, once it is to be sent. */
  #record: string | undefined;
  /** Number of steps whose messages wait until something is recorded, and the last of them. */
  #unsent = 0;
  #lastUnsent: Promise<void> = Promise.resolve();

  /** @throws CairnError `scheme-unknown` */
  constructor(context: RoundContext, member: MemberId, invitation: RoundInvitation, onEnd: (end: RoundEnd) => void) {
    const { settings } = invitation;
    const { task, round } = settings;
    this.settings = settings;
    this.#round = {
      context,
      scheme: schemeOf(settings, context.schemes),
      settings,
      over: this.#over.signal,
      emit: (event) => context.emit({ task, round, ...event }),
    };
    this.#member = member;
    this.#invitation = invitation;
    this.#onEnd = onEnd;
    this.#sending = new Sending(this.#round, {
      refused: (abort) => this.handle(abort),
      forgotten: (error) => this.#step({ kind: 'leave', error }),
    });
  }

  /** The session's state; undefined before it has started. */
  get state(): ClientSession['name'] | undefined {
    return this.#state?.name;
  }

  /** Whether the round is over for this client. */
  get ended(): boolean {
    return this.#over.signal.aborted;
  }

  /** The present state of the round's update. */
  get #updateNow(): 'kept' | 'training' | 'none' {
    if (this.#obtained !== undefined) return 'kept';
    return this.#asked ? 'training' : 'none';
  }

  /** Starts the session and the training. @param seen settings hashes of earlier rounds, as hex */
  async begin(seen: ReadonlySet<string>): Promise<void> {
    const { adversary, measures } = this.settings;
    this.#round.emit({ kind: 'invited', adversary, ...(measures === true ? { measures } : {}) });
    try {
      await this.#startSession(seen);
      await this.#prepare();
    } catch (thrown) {
      this.#giveUp({ kind: 'refused', error: asCairnError(thrown) });
    }
  }

  /** A message from the coordinator. */
  handle(message: Message): void {
    if (this.ended) return;
    if (this.#state !== undefined) {
      this.#step({ kind: 'message', message });
      return;
    }
    // A round may end while its model is still being fetched.
    const end = earlyEnd(message, this.#invitation);
    if (end !== undefined) this.#tell(end);
    else if (this.#early.length < MAX_EARLY) this.#early.push(message);
  }

  /**
   * The round is over for this client without word from the coordinator: it leaves, or the coordinator has forgotten
   * the round. Its secrets are wiped, the coordinator is told that it has left, and its user why.
   */
  leave(why: CairnError): void {
    this.#giveUp({ kind: 'left', why });
  }

  async #startSession(seen: ReadonlySet<string>): Promise<void> {
    await checkPolicy(this.#round);
    await assertDimension(this.#round);
    assertUntrained(this.#round);
    const from = await fromModel(this.#round);
    this.#from = from;
    const start = await sessionStart(from, this.#member, this.#invitation);
    if (this.ended) return;
    this.#accept(this.#round.scheme.client.start({ ...start, seen }));
    for (const message of this.#early.splice(0)) this.handle(message);
  }

  async #prepare(): Promise<void> {
    if (this.ended || this.#from === undefined) return;
    await checkPrivacy(this.#round);
    this.#asked = true;
    this.#obtained = await obtainUpdate(this.#from);
    this.#sending.release();
    if (this.#inputWanted) this.#giveInput();
  }

  #step(input: ClientInput): void {
    if (this.#state !== undefined) this.#accept(this.#round.scheme.client.step(this.#state, input));
  }

  #accept({ state, send, events, wipe, refusal }: ClientStep): void {
    for (const secret of wipe) secret.wipe();
    this.#state = state;
    if (refusal !== undefined) {
      this.#round.context.emit({ kind: 'ignored', code: refusal.code, message: refusal.message });
      return;
    }
    const input = { record: this.#record, counted: this.#obtained?.counted === true };
    const noted =
      this.#from && note(this.#from, { session: this.#round.scheme.client.session(state), send, events }, input);
    if (noted === undefined && this.#unsent === 0) this.#transition(send, events);
    else this.#lastUnsent = this.#transitionAfter(noted, send, events);
  }

  #transition(send: readonly SentMessage[], events: readonly ClientEvent[]): void {
    this.#sending.send(send);
    for (const event of events) this.#tell(event);
  }

  /** Messages that wait for a record are sent in order, after those that waited before them. */
  async #transitionAfter(
    noted: Promise<void> | undefined,
    send: readonly SentMessage[],
    events: readonly ClientEvent[],
  ): Promise<void> {
    const before = this.#unsent++ > 0 ? this.#lastUnsent : undefined;
    try {
      await Promise.all([before, noted]);
      this.#unsent--;
      if (!this.ended) this.#transition(send, events);
    } catch (thrown) {
      this.#giveUp({ kind: 'refused', error: asCairnError(thrown) });
    }
  }

  #tell(event: ClientEvent): void {
    switch (event.kind) {
      case 'state':
        this.#round.emit({ kind: 'state', state: event.name });
        return;
      case 'agreements-wanted':
        void this.#agree();
        return;
      case 'input-wanted':
        this.#giveInput();
        return;
      case 'signing':
      case 'false-dealing':
      case 'revealed':
        return; // recorded before anything was sent
      case 'committed': {
        const { included, modelHash } = event;
        this.#round.context.refusals.forget(this.settings.task);
        if (this.settings.measures === true) {
          this.#round.emit({ kind: 'measured', included });
          this.#end({ kind: 'measured' });
          return;
        }
        this.#round.emit({ kind: 'committed', included, modelHash: toHex(modelHash) });
        this.#end({ kind: 'committed', included });
        return;
      }
      case 'abandoned':
        // Without an update, this client might have been about to refuse the round: the same refusal may have ended it.
        if (this.#obtained !== undefined) this.#round.context.refusals.forget(this.settings.task);
        this.#round.emit({ kind: 'abandoned', code: event.code, message: event.message, update: this.#updateNow });
        this.#end({ kind: 'abandoned' });
        return;
      case 'refused':
        this.#refuse(event.error);
    }
  }

  /**
   * Computes the agreements that the session waits for. Meanwhile it accepts only messages that end it, so messages are
   * handled in order, and a round that ends wipes its keys at once, and what is being computed when that is done.
   */
  async #agree(): Promise<void> {
    const wanted = this.#state === undefined ? undefined : this.#round.scheme.client.work(this.#state);
    if (wanted === undefined) return;
    try {
      const agreer = await this.#round.context.agreer;
      const shared = await agreer.agree(wanted, this.#over.signal);
      if (!this.ended) this.#round.emit({ kind: 'agreed', peers: shared.length, agreement: agreer.name });
      // A listener may have just left the round: then the session refuses the secrets, and wipes them.
      this.#step({ kind: 'agreements', shared });
    } catch (thrown) {
      this.#giveUp({ kind: 'refused', error: asCairnError(thrown) });
    }
  }

  #giveInput(): void {
    this.#inputWanted = this.#obtained === undefined;
    if (this.ended || this.#from === undefined || this.#obtained === undefined) return;
    let values: Uint32Array;
    try {
      const input = inputOf(this.#from, this.#invitation.context, this.#obtained.update);
      values = input.values;
      this.#record = input.record;
    } catch (thrown) {
      this.#giveUp({ kind: 'refused', error: asCairnError(thrown) });
      return;
    }
    this.#step({ kind: 'input', values });
    values.fill(0); // as secret as the update, and the masked vector is made
  }

  /**
   * Ends the session from this side. The coordinator learns the class of the reason, unless the client's policy says
   * otherwise; its text is between the client and its user: see `leavingReason`.
   */
  #giveUp(end: Extract<RoundEnd, { kind: 'left' | 'refused' }>): void {
    if (this.ended) return;
    this.#sending.drop();
    const error =
      end.kind === 'refused'
        ? this.#round.scheme.client.leavingReason(end.error, this.#round.context.policy)
        : new CairnError('member-left', 'the client left the round');
    if (this.#state === undefined) {
      this.#sending.send([{ name: 'abort', bytes: encodeAbort(this.#invitation, error) }]);
    } else {
      const { name } = this.#state;
      const { state, send, wipe } = this.#round.scheme.client.step(this.#state, { kind: 'leave', error });
      for (const secret of wipe) secret.wipe();
      this.#state = state;
      // Once the shares are revealed there is nothing to leave: an Abort would only look like a dropout.
      if (name !== 'done' || this.#unsent > 0) this.#sending.send(send);
    }
    if (end.kind === 'refused') {
      this.#refuse(end.error);
      return;
    }
    const { code, message } = end.why;
    this.#round.emit({ kind: 'abandoned', code, message, update: this.#updateNow });
    this.#end(end);
  }

  #refuse(error: CairnError): void {
    const { code, message, hint } = error;
    const repeated = this.#round.context.refusals.isRepeated(this.settings.task, error);
    this.#round.emit({ kind: 'refused', code, message, hint, repeated });
    this.#end({ kind: 'refused', error });
  }

  #end(end: RoundEnd): void {
    if (this.ended) return;
    this.#over.abort();
    this.#sending.drop();
    this.#obtained = undefined;
    this.#onEnd(end);
  }
}
