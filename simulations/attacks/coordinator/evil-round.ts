import {
  computePlan,
  type ServerEvent,
  type ServerInput,
  type ServerState,
  type ServerStep,
  startServer,
  stepServer,
} from '../../../protocol/schemes/secagg/index.ts';
import { type Primitives, SIZES } from '../../../protocol/crypto/index.ts';
import type { CairnError } from '../../../protocol/errors.ts';
import type { MemberId } from '../../../protocol/ids.ts';
import {
  encodeOutcome,
  type MemberDirectory,
  receiveMessage,
  type RoundSettings,
} from '../../../protocol/wire/index.ts';
import type { Mail, Rewrite } from '../open-round/lab.ts';
import type { Accomplice } from './accomplice.ts';
import type { EvilCoordinator, Receiver } from './evil-coordinator.ts';

/** How the attacker changes a message in a round: see `Rewrite`. */
type Hook = (mail: Mail, round: EvilRound) => ReturnType<Rewrite>;

/** How the attacker changes messages. Everything else is as with an honest coordinator. */
export interface Script {
  /** Replaces a message to a member. */
  readonly down?: Hook;
  /** Replaces a member's message to the honest session inside. */
  readonly up?: Hook;
}

/** Options of a round. */
export interface RoundOptions {
  readonly primitives: Primitives;
  readonly settings: RoundSettings;
  readonly directory: MemberDirectory | undefined;
  readonly invited: readonly MemberId[];
  readonly accomplices: ReadonlyMap<MemberId, Accomplice>;
  readonly script: Script;
}

const asItIs: Hook = (mail) => [mail];

/**
 * One round of a malicious coordinator: the real server session, and an attacker on every connection to and from it.
 */
export class EvilRound implements Receiver {
  readonly events: ServerEvent[] = [];
  readonly #host: EvilCoordinator;
  readonly #options: RoundOptions;
  /** Accomplices answer within the call that reaches them: their messages wait for the end of the current step. */
  readonly #waiting: Mail[] = [];
  readonly #first: ServerStep;
  #state: ServerState;
  #busy = false;

  constructor(host: EvilCoordinator, options: RoundOptions) {
    this.#host = host;
    this.#options = options;
    const { primitives, settings, directory, invited } = options;
    this.#first = startServer({
      primitives,
      settings,
      invited,
      target: invited.length,
      ...(directory === undefined ? {} : { directory }),
    });
    this.#state = this.#first.state;
  }

  /** Sends the invitations. */
  begin(): void {
    this.#did(this.#first);
  }

  get state(): ServerState {
    return this.#state;
  }

  /** The round's settings hash. */
  get context(): Uint8Array {
    return this.#state.context.settingsHash;
  }

  /** How the round ended; undefined while it has not. */
  get end(): Extract<ServerEvent, { kind: 'committed' | 'aborted' }> | undefined {
    return this.events.find((event) => event.kind === 'committed' || event.kind === 'aborted');
  }

  /** A message from a client: the attacker sees it first. */
  receive(member: MemberId, bytes: Uint8Array): CairnError | undefined {
    let refusal: CairnError | undefined;
    for (const mail of (this.#options.script.up ?? asItIs)({ member, bytes }, this)) {
      refusal = this.input({ kind: 'message', from: mail.member, message: receiveMessage(mail.bytes) });
    }
    return refusal;
  }

  /** Feeds the session inside. */
  input(input: ServerInput): CairnError | undefined {
    const step = stepServer(this.#state, input);
    this.#did(step);
    return step.refusal;
  }

  /** Delivers a message, bypassing the script. */
  send(member: MemberId, bytes: Uint8Array): void {
    const accomplice = this.#options.accomplices.get(member);
    if (accomplice === undefined) {
      this.#host.send(member, bytes);
      return;
    }
    this.#host.transcript.note('down', member, bytes);
    accomplice.handle(bytes);
  }

  /** Takes a message from an accomplice. */
  fromAccomplice(member: MemberId, bytes: Uint8Array): void {
    this.#host.transcript.note('up', member, bytes);
    this.#waiting.push({ member, bytes });
    this.#drain();
  }

  #drain(): void {
    if (this.#busy) return;
    this.#busy = true;
    for (let mail = this.#waiting.shift(); mail !== undefined; mail = this.#waiting.shift()) {
      this.receive(mail.member, mail.bytes);
    }
    this.#busy = false;
  }

  #did(step: ServerStep): void {
    const within = this.#busy;
    this.#busy = true;
    this.#accept(step);
    this.#busy = within;
    this.#drain();
  }

  #accept(step: ServerStep): void {
    this.#state = step.state;
    for (const { to, bytes } of step.send) this.#pass({ member: to, bytes: bytes() });
    for (const event of step.events) {
      this.events.push(event);
      if (event.kind === 'unmask-plan') {
        this.input({ kind: 'unmasked', correction: computePlan(event.plan, this.#options.primitives) });
      } else if (event.kind === 'committed' || event.kind === 'aborted') {
        this.#tellOutcome(event);
      }
    }
    for (const secret of step.wipe) secret.wipe();
    this.#host.happened();
  }

  /** What an honest coordinator would send: the attacker sees it first. */
  #pass(mail: Mail): void {
    for (const { member, bytes } of (this.#options.script.down ?? asItIs)(mail, this)) this.send(member, bytes);
  }

  #tellOutcome(event: Extract<ServerEvent, { kind: 'committed' | 'aborted' }>): void {
    const { suite } = this.#options.settings;
    const header = { suite, context: this.context };
    for (const member of this.#options.invited) {
      const outcome =
        event.kind === 'committed'
          ? ({ kind: 'committed', included: event.included.includes(member), modelHash: NEXT_MODEL } as const)
          : ({ kind: 'abandoned', code: event.error.code, message: event.error.message } as const);
      this.#pass({ member, bytes: encodeOutcome({ ...header, ...outcome }) });
    }
  }
}

/** Not inspected: the model after the last round. */
const NEXT_MODEL = new Uint8Array(SIZES.hash).fill(9);
