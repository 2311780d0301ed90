import { startClient, stepClient, wantedAgreements } from '../../protocol/aggregation/client/session.ts';
import type {
  ClientEvent,
  ClientInput,
  ClientPolicy,
  ClientState,
  ClientStep,
} from '../../protocol/aggregation/client/types.ts';
import { encodeInput } from '../../protocol/aggregation/inputs/index.ts';
import type { Agreer } from '../../protocol/crypto/agreer.ts';
import { toHex } from '../../protocol/crypto/bytes.ts';
import type { KeyPair } from '../../protocol/crypto/keys.ts';
import type { RandomSource } from '../../protocol/crypto/random.ts';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { messageName } from '../../protocol/wire/header.ts';
import { decodeAbort, encodeAbort } from '../../protocol/wire/messages/abort.ts';
import { decodeInvitation } from '../../protocol/wire/messages/invitation.ts';
import { decodeSettings, type RoundSettings } from '../../protocol/wire/settings.ts';
import type { Consent } from '../consent/consent.ts';
import type { Bare, ParticipationEvent, RoundEvent } from '../events.ts';
import { assertPrivacy, deltaOf } from '../consent/assert-privacy.ts';
import type { Hold } from '../options.ts';
import { mayBeTold } from '../policy.ts';
import type { Directories } from './directories.ts';
import { heldState } from './hold.ts';
import { type Trainer, trainLocally } from './training.ts';
import type { LocalUpdate, UpdateKeeper } from './updates.ts';

/** What does not change from round to round. */
export interface RoundContext {
  readonly trainer: Trainer;
  readonly updates: UpdateKeeper;
  /** Computes key agreements; it never rejects. */
  readonly agreer: Promise<Agreer>;
  readonly random: RandomSource;
  readonly policy: ClientPolicy;
  /** What it remembers of its rounds. */
  readonly consent: Consent;
  readonly identity: KeyPair | undefined;
  /** Undefined for a client that pins no authority: it takes no part in active rounds. */
  readonly directories: Directories | undefined;
  readonly hold: Hold | undefined;
  /** Delivers a message; resolves with the Abort's bytes where the coordinator refused it. */
  readonly send: (bytes: Uint8Array) => Promise<Uint8Array | undefined>;
  readonly emit: (event: ParticipationEvent) => void;
}

/** How a round ended for this client. */
export type RoundEnd =
  | { readonly kind: 'committed'; readonly included: boolean }
  | { readonly kind: 'abandoned' }
  | { readonly kind: 'refused'; readonly error: CairnError }
  | { readonly kind: 'left' };

/** Messages that are kept while the session is being prepared: an honest coordinator sends one or two by then. */
const MOST_EARLY = 8;

/** Refusals that say no more than that a message came twice or too late. They end nothing. */
const HARMLESS: ReadonlySet<string> = new Set(['message-duplicate', 'wrong-state']);

/**
 * Drives one round: it holds the settings against the client's policy, gets an update, and only then advertises keys, so
 * that a client that cannot train is in no roster; the deadline of advertise-keys covers the training. From there on the
 * session says what happens. Messages are handled in the order in which they come, and what a step wants wiped is wiped
 * before anything is sent.
 */
export class RoundDriver {
  readonly settings: RoundSettings;
  readonly #context: RoundContext;
  readonly #member: MemberId;
  readonly #invitation: Uint8Array;
  readonly #onEnd: (end: RoundEnd) => void;
  /** Aborted at the end of the round, and with it whatever is still being fetched or computed for it. */
  readonly #over = new AbortController();
  #state: ClientState | undefined;
  /** Messages that came before the session had started. */
  #early: Uint8Array[] = [];
  /** The session's first messages, kept back until there is an update. */
  #keptBack: readonly Uint8Array[] | undefined = [];
  #update: LocalUpdate | undefined;
  /** A message is being noted before it is sent. */
  #noting = false;
  #ended = false;
  #held = false;

  /** @throws CairnError `wire-…` where the invitation is badly formed */
  constructor(context: RoundContext, member: MemberId, invitation: Uint8Array, onEnd: (end: RoundEnd) => void) {
    this.settings = decodeSettings(decodeInvitation(invitation).settings);
    this.#context = context;
    this.#member = member;
    this.#invitation = invitation;
    this.#onEnd = onEnd;
  }

  /** The session's state; undefined before it has started. */
  get state(): ClientState['name'] | undefined {
    return this.#state?.name;
  }

  /** Whether the round is over for this client. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether a fault drill has stopped this round. */
  get held(): boolean {
    return this.#held;
  }

  /** Starts the session and the training. @param seen settings hashes of earlier rounds, as hex */
  async begin(seen: ReadonlySet<string>): Promise<void> {
    const { settings } = this;
    this.#emit({ kind: 'invited', adversary: settings.adversary });
    try {
      await this.#startSession(seen);
      if (!this.ended) await this.#train();
    } catch (thrown) {
      this.#giveUp({ kind: 'refused', error: asCairnError(thrown) });
    }
  }

  /** A message from the coordinator. */
  handle(bytes: Uint8Array): void {
    if (this.#ended || this.#held) return;
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
    const { trainer, random, policy, consent, identity, directories } = this.#context;
    const { adversary, directoryHash } = this.settings;
    const directory =
      adversary === 'active' && directories !== undefined
        ? await directories.get(directoryHash, this.#over.signal)
        : undefined;
    const history = await consent.history(this.settings);
    if (this.#ended) return;
    const self = {
      member: this.#member,
      ...(identity === undefined ? {} : { identity }),
      ...(directory === undefined ? {} : { directory }),
    };
    const invitation = this.#invitation;
    const { primitives } = trainer;
    this.#accept(startClient({ primitives, random, policy, self, invitation, seen, history, agreements: 'awaited' }));
    for (const bytes of this.#early.splice(0)) this.handle(bytes);
    this.#checkDimension();
    await this.#checkPrivacy();
  }

  async #train(): Promise<void> {
    const { settings } = this;
    const { trainer, updates } = this.#context;
    const begins = (): void => this.#emit({ kind: 'training' });
    const { update, kept } = await updates.obtain(settings, (signal) =>
      trainLocally(trainer, settings, signal, begins),
    );
    if (this.#ended) return;
    const { examples, loss, accuracy } = update;
    this.#emit({ kind: 'trained', examples, loss, accuracy, kept });
    this.#update = update;
    const first = this.#keptBack ?? [];
    this.#keptBack = undefined;
    this.#send(first);
  }

  #checkDimension(): void {
    const { size } = this.#context.trainer.layout;
    if (this.#ended || this.settings.dimension === size) return;
    const text = `the task’s model has ${this.settings.dimension} parameters, this app’s ${size}`;
    throw new CairnError('update-shape', text, { hint: 'give this client the model that the task trains' });
  }

  /**
   * Tells the user what its rounds have told so far and what this one adds, before anything is trained.
   * @throws CairnError `privacy-budget` where that is more than the client's policy allows; `privacy-infeasible` and
   * `settings-invalid` for noise that cannot be had
   */
  async #checkPrivacy(): Promise<void> {
    const { settings } = this;
    const { consent, policy } = this.#context;
    const { privacy } = settings;
    if (this.#ended) return;
    const counted = deltaOf(settings);
    const quote = await consent.quote(settings, counted);
    if (this.ended) return;
    const { before, after } = quote;
    if (privacy !== undefined) this.#emit({ kind: 'privacy', ...privacy, before, after, counted });
    assertPrivacy(settings, policy, quote);
  }

  #step(input: ClientInput): void {
    if (this.#state !== undefined) this.#accept(stepClient(this.#state, input));
  }

  #accept({ state, send, events, wipe, refusal }: ClientStep): void {
    for (const secret of wipe) secret.wipe();
    this.#state = state;
    if (refusal !== undefined) {
      this.#context.emit({ kind: 'ignored', code: refusal.code, message: refusal.message });
      return;
    }
    const noted = this.#note(send, events);
    if (noted === undefined) this.#goOn(send, events);
    else void this.#goOnOnce(noted, send, events);
  }

  #goOn(send: readonly Uint8Array[], events: readonly ClientEvent[]): void {
    this.#send(send);
    if (this.#held) return;
    for (const event of events) this.#tell(event);
  }

  /**
   * Has written down what later rounds are held against; undefined where there is nothing. It comes before the sending: a
   * client that is stopped in between has noted too much, and never too little.
   */
  #note(send: readonly Uint8Array[], events: readonly ClientEvent[]): Promise<void> | undefined {
    const { consent, policy } = this.#context;
    const revealed = events.find((event) => event.kind === 'revealed');
    if (revealed !== undefined) return consent.revealing(this.settings, revealed.members, policy);
    return send.some((bytes) => messageName(bytes) === 'maskedInput') ? consent.sending(this.settings) : undefined;
  }

  async #goOnOnce(noted: Promise<void>, send: readonly Uint8Array[], events: readonly ClientEvent[]): Promise<void> {
    this.#noting = true;
    try {
      await noted;
      this.#noting = false;
      if (!this.#ended) this.#goOn(send, events);
    } catch (thrown) {
      this.#giveUp({ kind: 'refused', error: asCairnError(thrown) });
    }
  }

  #tell(event: ClientEvent): void {
    switch (event.kind) {
      case 'state':
        this.#emit({ kind: 'state', state: event.name });
        return;
      case 'agreements-wanted':
        void this.#agree();
        return;
      case 'input-wanted':
        this.#giveInput();
        return;
      case 'revealed':
        return; // noted before the shares were sent
      case 'committed': {
        const { included, modelHash } = event;
        this.#emit({ kind: 'committed', included, modelHash: toHex(modelHash) });
        if (included) this.#context.updates.included(this.settings);
        this.#end({ kind: 'committed', included });
        return;
      }
      case 'abandoned':
        this.#emit({ kind: 'abandoned', code: event.code, message: event.message });
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
      const agreer = await this.#context.agreer;
      const shared = await agreer.agree(wanted, this.#over.signal);
      if (!this.#ended) this.#emit({ kind: 'agreed', peers: shared.length, agreement: agreer.name });
      // A listener may just have left: then the session refuses the secrets, and wipes them.
      this.#step({ kind: 'agreements', shared });
    } catch (thrown) {
      this.#giveUp({ kind: 'refused', error: asCairnError(thrown) });
    }
  }

  #giveInput(): void {
    if (this.#ended || this.#held || this.#update === undefined) return;
    let values: Uint32Array;
    try {
      const { trainer, random } = this.#context;
      const { context } = decodeInvitation(this.#invitation);
      const encoded = encodeInput(trainer.primitives, this.settings, context, this.#update, random);
      values = encoded.values;
      if (encoded.clippedBy < 1) this.#emit({ kind: 'clipped', factor: encoded.clippedBy });
    } catch (thrown) {
      this.#giveUp({ kind: 'refused', error: asCairnError(thrown) });
      return;
    }
    this.#step({ kind: 'input', values });
    values.fill(0); // as secret as the update, and the masked vector is made
  }

  /** Hands messages to the connection, or keeps them until there is an update. */
  #send(messages: readonly Uint8Array[]): void {
    for (const bytes of messages) {
      const message = messageName(bytes);
      if (this.#keptBack !== undefined && message === 'advertiseKeys') {
        this.#keptBack = [...this.#keptBack, bytes];
        continue;
      }
      const state = heldState(this.#context.hold, this.settings.round, message);
      if (state !== undefined) {
        this.#held = true;
        this.#emit({ kind: 'held', state });
      }
      if (this.#held) return;
      this.#emit({ kind: 'sent', message, bytes: bytes.length });
      this.#context.send(bytes).then(
        (refused) => this.#answered(refused),
        (thrown: unknown) => this.#undelivered(asCairnError(thrown)),
      );
    }
  }

  /** What the coordinator's acknowledgement said. A refusal that is not harmless means that the round goes on without us. */
  #answered(refused: Uint8Array | undefined): void {
    if (refused === undefined || this.#ended) return;
    try {
      const { code, message } = decodeAbort(refused);
      if (HARMLESS.has(code)) this.#context.emit({ kind: 'ignored', code: 'message-duplicate', message });
      // The coordinator has this client in no round, as after a restart, or in another one; either way this one is over.
      else if (code === 'member-unknown' || code === 'session-mismatch')
        this.#step({ kind: 'leave', error: new CairnError(code, message) });
      else this.handle(refused);
    } catch (thrown) {
      this.#undelivered(asCairnError(thrown));
    }
  }

  #undelivered({ code, message }: CairnError): void {
    if (!this.#ended) this.#context.emit({ kind: 'ignored', code, message });
  }

  /**
   * Ends the session from this side. The coordinator learns which limit of the client's policy the round was beyond; any
   * other reason is between the client and its user, and the coordinator learns that the member left, and not what its
   * data or its training were like.
   */
  #giveUp(end: Extract<RoundEnd, { kind: 'left' | 'refused' }>): void {
    if (this.#ended) return;
    this.#held = false;
    this.#keptBack = undefined;
    const error =
      end.kind === 'refused' && mayBeTold(end.error.code)
        ? end.error
        : new CairnError('member-left', 'the client left the round');
    if (this.#state === undefined) {
      const { suite, context } = decodeInvitation(this.#invitation);
      this.#send([encodeAbort({ suite, context }, error)]);
    } else {
      const { name } = this.#state;
      const { state, send, wipe } = stepClient(this.#state, { kind: 'leave', error });
      for (const secret of wipe) secret.wipe();
      this.#state = state;
      // Once the shares are revealed there is nothing to leave: an Abort would only look like a dropout.
      if (name !== 'done' || this.#noting) this.#send(send);
    }
    if (end.kind === 'refused') this.#refuse(end.error);
    else this.#end(end);
  }

  #refuse(error: CairnError): void {
    this.#emit({ kind: 'refused', code: error.code, message: error.message, hint: error.hint });
    this.#end({ kind: 'refused', error });
  }

  #end(end: RoundEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#over.abort();
    this.#keptBack = undefined;
    this.#update = undefined;
    this.#onEnd(end);
  }

  #emit(event: Bare<RoundEvent>): void {
    this.#context.emit({ task: this.settings.task, round: this.settings.round, ...event });
  }
}
