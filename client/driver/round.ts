import { startClient, stepClient, wantedAgreements } from '../../protocol/aggregation/client/session.ts';
import type { ClientEvent, ClientInput, ClientState, ClientStep } from '../../protocol/aggregation/client/types.ts';
import { toHex } from '../../protocol/crypto/bytes.ts';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { encodeAbort } from '../../protocol/wire/messages/abort.ts';
import { decodeInvitation } from '../../protocol/wire/messages/invitation.ts';
import { decodeSettings, type RoundSettings } from '../../protocol/wire/settings.ts';
import { mayBeTold } from '../policy.ts';
import { checkPrivacy, note } from './consent.ts';
import type { RoundAtWork, RoundContext, RoundEnd } from './context.ts';
import { inputOf } from './input.ts';
import { assertDimension, obtainUpdate, sessionStart } from './preparation.ts';
import { Sending } from './sending.ts';
import type { LocalUpdate } from './updates.ts';

/** Messages that are kept while the session is being prepared: an honest coordinator sends one or two by then. */
const MOST_EARLY = 8;

/**
 * Drives one round: it holds the settings against the client's policy, gets an update, and only then advertises keys, so
 * that a client that cannot train is in no roster; the deadline of advertise-keys covers the training. From there on the
 * session says what happens. Messages are handled in the order in which they come, and what a step wants wiped is wiped
 * before anything is sent.
 */
export class RoundDriver {
  readonly settings: RoundSettings;
  readonly #round: RoundAtWork;
  readonly #member: MemberId;
  readonly #invitation: Uint8Array;
  readonly #onEnd: (end: RoundEnd) => void;
  readonly #over = new AbortController();
  readonly #sending: Sending;
  #state: ClientState | undefined;
  /** Messages that came before the session had started. */
  #early: Uint8Array[] = [];
  #update: LocalUpdate | undefined;
  /** A message is being noted before it is sent. */
  #noting = false;

  /** @throws CairnError `wire-…` where the invitation is badly formed */
  constructor(context: RoundContext, member: MemberId, invitation: Uint8Array, onEnd: (end: RoundEnd) => void) {
    const settings = decodeSettings(decodeInvitation(invitation).settings);
    const { task, round } = settings;
    this.settings = settings;
    this.#round = {
      context,
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
  get state(): ClientState['name'] | undefined {
    return this.#state?.name;
  }

  /** Whether the round is over for this client. */
  get ended(): boolean {
    return this.#over.signal.aborted;
  }

  /** Whether a fault drill has stopped this round. */
  get held(): boolean {
    return this.#sending.held;
  }

  /** Starts the session and the training. @param seen settings hashes of earlier rounds, as hex */
  async begin(seen: ReadonlySet<string>): Promise<void> {
    this.#round.emit({ kind: 'invited', adversary: this.settings.adversary });
    try {
      await this.#startSession(seen);
      await this.#prepare();
    } catch (thrown) {
      this.#giveUp({ kind: 'refused', error: asCairnError(thrown) });
    }
  }

  /** A message from the coordinator. */
  handle(bytes: Uint8Array): void {
    if (this.ended || this.held) return;
    if (this.#state === undefined) {
      if (this.#early.length < MOST_EARLY) this.#early.push(bytes);
    } else {
      this.#step({ kind: 'message', bytes });
    }
  }

  /** The client gives up the round by its own will. Its secrets are wiped, and the coordinator is told. */
  leave(): void {
    this.#giveUp({ kind: 'left' });
  }

  async #startSession(seen: ReadonlySet<string>): Promise<void> {
    const start = await sessionStart(this.#round, this.#member, this.#invitation);
    if (this.ended) return;
    this.#accept(startClient({ ...start, seen }));
    for (const bytes of this.#early.splice(0)) this.handle(bytes);
  }

  async #prepare(): Promise<void> {
    if (this.ended) return;
    assertDimension(this.#round);
    await checkPrivacy(this.#round);
    this.#update = await obtainUpdate(this.#round);
    this.#sending.release();
  }

  #step(input: ClientInput): void {
    if (this.#state !== undefined) this.#accept(stepClient(this.#state, input));
  }

  #accept({ state, send, events, wipe, refusal }: ClientStep): void {
    for (const secret of wipe) secret.wipe();
    this.#state = state;
    if (refusal !== undefined) {
      this.#round.context.emit({ kind: 'ignored', code: refusal.code, message: refusal.message });
      return;
    }
    const noted = note(this.#round, { send, events });
    if (noted === undefined) this.#goOn(send, events);
    else void this.#goOnOnce(noted, send, events);
  }

  #goOn(send: readonly Uint8Array[], events: readonly ClientEvent[]): void {
    this.#sending.send(send);
    if (this.held) return;
    for (const event of events) this.#tell(event);
  }

  async #goOnOnce(noted: Promise<void>, send: readonly Uint8Array[], events: readonly ClientEvent[]): Promise<void> {
    this.#noting = true;
    try {
      await noted;
      this.#noting = false;
      if (!this.ended) this.#goOn(send, events);
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
      case 'revealed':
        return; // noted before the shares were sent
      case 'false-dealing':
        return; // the session knows of it, and the client's memory is told
      case 'committed': {
        const { included, modelHash } = event;
        this.#round.emit({ kind: 'committed', included, modelHash: toHex(modelHash) });
        if (included) this.#round.context.updates.included(this.settings);
        this.#end({ kind: 'committed', included });
        return;
      }
      case 'abandoned':
        this.#round.emit({ kind: 'abandoned', code: event.code, message: event.message });
        this.#end({ kind: 'abandoned' });
        return;
      case 'refused':
        this.#refuse(event.error);
    }
  }

  /**
   * Computes the agreements that the session waits for. Meanwhile it takes no message but one that ends it, so what comes
   * is handled in its order, and a round that ends wipes its keys at once and what is being computed when it is done.
   */
  async #agree(): Promise<void> {
    const wanted = this.#state === undefined ? undefined : wantedAgreements(this.#state);
    if (wanted === undefined) return;
    try {
      const agreer = await this.#round.context.agreer;
      const shared = await agreer.agree(wanted, this.#over.signal);
      if (!this.ended) this.#round.emit({ kind: 'agreed', peers: shared.length, agreement: agreer.name });
      // A listener may just have left: then the session refuses the secrets, and wipes them.
      this.#step({ kind: 'agreements', shared });
    } catch (thrown) {
      this.#giveUp({ kind: 'refused', error: asCairnError(thrown) });
    }
  }

  #giveInput(): void {
    if (this.ended || this.held || this.#update === undefined) return;
    let values: Uint32Array;
    try {
      values = inputOf(this.#round, this.#invitation, this.#update);
    } catch (thrown) {
      this.#giveUp({ kind: 'refused', error: asCairnError(thrown) });
      return;
    }
    this.#step({ kind: 'input', values });
    values.fill(0); // as secret as the update, and the masked vector is made
  }

  /**
   * Ends the session from this side. The coordinator learns which limit of the client's policy the round was beyond; any
   * other reason is between the client and its user, and the coordinator learns that the member left, and not what its
   * data or its training were like.
   */
  #giveUp(end: Extract<RoundEnd, { kind: 'left' | 'refused' }>): void {
    if (this.ended) return;
    this.#sending.drop();
    const error =
      end.kind === 'refused' && mayBeTold(end.error.code)
        ? end.error
        : new CairnError('member-left', 'the client left the round');
    if (this.#state === undefined) {
      const { suite, context } = decodeInvitation(this.#invitation);
      this.#sending.send([encodeAbort({ suite, context }, error)]);
    } else {
      const { name } = this.#state;
      const { state, send, wipe } = stepClient(this.#state, { kind: 'leave', error });
      for (const secret of wipe) secret.wipe();
      this.#state = state;
      // Once the shares are revealed there is nothing to leave: an Abort would only look like a dropout.
      if (name !== 'done' || this.#noting) this.#sending.send(send);
    }
    if (end.kind === 'refused') this.#refuse(end.error);
    else this.#end(end);
  }

  #refuse(error: CairnError): void {
    this.#round.emit({ kind: 'refused', code: error.code, message: error.message, hint: error.hint });
    this.#end({ kind: 'refused', error });
  }

  #end(end: RoundEnd): void {
    if (this.ended) return;
    this.#over.abort();
    this.#sending.drop();
    this.#update = undefined;
    this.#onEnd(end);
  }
}
