import { equalBytes, toHex } from '../../protocol/crypto/index.ts';
import { asCairnError, CairnError, type ErrorCode } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import {
  type Message,
  readInvitation,
  type RoundInvitation,
  type RoundSettings,
  settingsHash,
  type TaskNewsFields,
  encodeAbort,
} from '../../protocol/wire/index.ts';
import { schemeOf } from '../../protocol/rounds/index.ts';
import type { RoundContext, RoundEnd } from './context.ts';
import { earlyEnd } from './early-end.ts';
import { RoundDriver } from './round.ts';

interface Current {
  readonly driver: RoundDriver;
  /** The round's settings hash. */
  readonly context: Uint8Array;
  /** The coordinator has forgotten the connection over which it began, and may have forgotten the round. */
  stale: boolean;
}

/**
 * Maximum number of settings hashes remembered against replays; older ones are of models that are no longer trained.
 */
const MAX_SEEN = 65_536;
const MAX_WAITING = 16;

/** @throws CairnError `session-mismatch`, `wire-suite` if an invitation's header does not match its settings */
function assertBound({ context, suite, settings }: RoundInvitation, hash: Uint8Array): void {
  if (!equalBytes(context, hash))
    throw new CairnError('session-mismatch', 'the invitation’s context is not the hash of its settings');
  if (suite !== settings.suite)
    throw new CairnError('wire-suite', `an invitation in suite ${suite} to a round in suite ${settings.suite}`);
}

/**
 * A client's rounds, one after another. An invitation during a round waits for its end, one for each task; but a round
 * of the same task, one that has nothing more to send, or one that the coordinator may have forgotten gives way to it,
 * so that a lost Outcome never keeps a client from its next round.
 */
export class Rounds {
  readonly #context: RoundContext;
  readonly #onEnd: (end: RoundEnd) => void;
  readonly #seen = new Set<string>();
  readonly #waiting: RoundInvitation[] = [];
  #member: MemberId | undefined;
  #current: Current | undefined;
  #closed = false;

  /** @param onEnd told of each round's end */
  constructor(context: RoundContext, onEnd: (end: RoundEnd) => void) {
    this.#context = context;
    this.#onEnd = onEnd;
  }

  /** The client has its seat, possibly again and possibly a different one. */
  seated(member: MemberId, renewed: boolean): void {
    const moved = this.#member !== undefined && this.#member !== member;
    this.#member = member;
    if (this.#current === undefined) return;
    if (moved) this.#forgotten('it has given this client another seat');
    else if (renewed) this.#current.stale = true;
  }

  /** A message from the coordinator. */
  message(message: Message): void {
    if (this.#closed) return;
    const { name } = message;
    try {
      if (name === 'invitation') this.#invited(readInvitation(message));
      else if (this.#withdrawn(message)) return;
      else if (this.#current !== undefined) this.#current.driver.handle(message);
      else this.#ignore('session-mismatch', `received ${name} while in no round`);
    } catch (thrown) {
      this.unreadable(asCairnError(thrown));
    }
  }

  /** A message that the connection, or its decoder, rejected. */
  unreadable({ code, message }: CairnError): void {
    if (!this.#closed) this.#ignore(code, message);
  }

  /**
   * The coordinator reports a task's state. A round of it that the coordinator does not run, or counts as ended, is
   * over for this client, which was away when it ended: all others have already heard how.
   */
  news({ task, state, round }: Pick<TaskNewsFields, 'task' | 'state' | 'round'>): void {
    const isOver = (number: number): boolean => state !== 'running' || round >= number;
    this.#withdraw(({ settings: waiting }) => waiting.task === task && isOver(waiting.round));
    const { settings } = this.#current?.driver ?? {};
    if (settings?.task === task && isOver(settings.round)) this.#forgotten('it has continued without this client');
  }

  /** Leaves the current round, and accepts no more. */
  close(): void {
    this.#closed = true;
    this.#waiting.length = 0;
    this.#current?.driver.leave(new CairnError('member-left', 'this client has left'));
  }

  /** The coordinator says no more about the current round. */
  #forgotten(why: string): void {
    this.#current?.driver.leave(new CairnError('round-forgotten', `the coordinator does not say how it ended: ${why}`));
  }

  #invited(invitation: RoundInvitation): void {
    const { context, settings } = invitation;
    const { task } = settings;
    const foreign = this.#member === undefined ? undefined : this.#unknownScheme(settings);
    if (foreign !== undefined) {
      // In a round that it takes part in, the session checks that. Here an Abort would go out for any round that is
      // named.
      assertBound(invitation, settingsHash(this.#context.trainer.primitives, invitation.encodedSettings));
      refuseForeign(this.#context, invitation, foreign);
      this.#onEnd({ kind: 'refused', error: foreign });
      return;
    }
    const current = this.#current;
    if (current === undefined) {
      this.#begin(invitation);
      return;
    }
    // Not `round-replayed`: refusing a copy of the current invitation would end the current round.
    if (equalBytes(current.context, context)) {
      this.#ignore('message-duplicate', `received the invitation to round ${current.driver.settings.round} again`);
      return;
    }
    this.#enqueue(invitation);
    if (current.stale || current.driver.settings.task === task || current.driver.state === 'done')
      this.#forgotten('it has begun another one');
  }

  /** Why this client cannot take part with the scheme that the settings name; undefined if it can. */
  #unknownScheme(settings: RoundSettings): CairnError | undefined {
    try {
      schemeOf(settings, this.#context.schemes);
      return undefined;
    } catch (thrown) {
      return asCairnError(thrown);
    }
  }

  #enqueue(invitation: RoundInvitation): void {
    const { task } = invitation.settings;
    this.#withdraw(({ settings }) => settings.task === task);
    this.#waiting.push(invitation);
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
  }

  /** Whether the message ends a round that was only waiting. @throws CairnError `wire-…` for a malformed one */
  #withdrawn(message: Message): boolean {
    return this.#withdraw((waiting) => earlyEnd(message, waiting) !== undefined);
  }

  #withdraw(which: (waiting: RoundInvitation) => boolean): boolean {
    const at = this.#waiting.findIndex(which);
    if (at >= 0) this.#waiting.splice(at, 1);
    return at >= 0;
  }

  #begin(invitation: RoundInvitation): void {
    const { context } = invitation;
    if (this.#member === undefined) {
      this.#ignore('wrong-state', 'received an invitation before the welcome');
      return;
    }
    const driver = new RoundDriver(this.#context, this.#member, invitation, (end) => this.#ended(end));
    this.#current = { driver, context, stale: false };
    const hash = toHex(context);
    const replayed = this.#seen.has(hash);
    this.#remember(hash);
    void driver.begin(new Set(replayed ? [hash] : []));
  }

  #ended(end: RoundEnd): void {
    this.#current = undefined;
    this.#onEnd(end);
    const next = this.#waiting.shift();
    if (next !== undefined && !this.#closed) this.#begin(next);
  }

  #remember(hash: string): void {
    this.#seen.add(hash);
    for (const oldest of this.#seen) {
      if (this.#seen.size <= MAX_SEEN) return;
      this.#seen.delete(oldest);
    }
  }

  #ignore(code: ErrorCode, message: string): void {
    this.#context.emit({ kind: 'ignored', code, message });
  }
}

/**
 * Refuses an invitation to a round whose scheme this client was not given: nothing is fetched, trained or remembered
 * for it. Its user is told, and the coordinator gets an Abort, as for any other refusal. The reason follows from the
 * settings and from how the client was started, so it is sent unchanged unless the client's policy is to give no
 * reasons.
 */
function refuseForeign(
  context: Pick<RoundContext, 'emit' | 'policy' | 'refusals' | 'send'>,
  invitation: RoundInvitation,
  error: CairnError,
): void {
  const { emit, policy, refusals, send } = context;
  const { task, round } = invitation.settings;
  const told = policy.tellReason === false ? new CairnError('member-left', 'the client left the round') : error;
  const abort = encodeAbort(invitation, told);
  emit({ kind: 'sent', task, round, message: 'abort', bytes: abort.length });
  // Whether the coordinator accepts it makes no difference to a client that is in no such round.
  send(abort).catch((thrown: unknown) => {
    const { code, message } = asCairnError(thrown);
    emit({ kind: 'ignored', code, message });
  });
  const { code, message, hint } = error;
  emit({ kind: 'refused', task, round, code, message, hint, repeated: refusals.isRepeated(task, error) });
}
