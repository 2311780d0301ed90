import {
  type ClientEvent,
  type ClientInput,
  type ClientState,
  type ClientStep,
  startClient,
  stepClient,
} from '../../protocol/aggregation/client/index.ts';
import { vectorLength } from '../../protocol/aggregation/quantize/index.ts';
import {
  type CollectingState,
  type Drop,
  type Outgoing,
  type ServerEvent,
  type ServerInput,
  type ServerState,
  startServer,
  stepServer,
} from '../../protocol/aggregation/server/index.ts';
import { computePlan } from '../../protocol/aggregation/unmask.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import type { RandomSource } from '../../protocol/crypto/random.ts';
import type { SecretBytes } from '../../protocol/crypto/secret.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { encodeOutcome } from '../../protocol/wire/messages/outcome.ts';
import { NO_HASH, type RoundSettings } from '../../protocol/wire/settings.ts';
import type { VirtualMembership } from './members.ts';

/** What happens to messages on the way: the identity, unless a fault or an adversary sits there. */
export type Wire = (member: MemberId, bytes: Uint8Array) => readonly Uint8Array[];

/** Runs one piece of a party's work; a meter looks at the clock around it. */
export type Meter = <T>(party: MemberId | 'server', work: () => T) => T;

/** A round of virtual clients through the real sessions. */
export interface VirtualRoundOptions {
  readonly primitives: Primitives;
  readonly random: RandomSource;
  readonly settings: RoundSettings;
  /** Who is invited. */
  readonly members: readonly MemberId[];
  /** The quantized vector of a member; its length is the model's and the metrics' coordinates. */
  readonly inputOf: (member: MemberId) => Uint32Array;
  /** Members that die just before they would send the message of the named state. */
  readonly dropBefore?: ReadonlyMap<MemberId, CollectingState>;
  /** Needed by active rounds. */
  readonly membership?: VirtualMembership;
  /** The roster closes at this many; all by default. */
  readonly target?: number;
  /** Between coordinator and client. */
  readonly down?: Wire;
  /** Between client and coordinator. */
  readonly up?: Wire;
  /** Around each step of a session and the computation of the unmask plan. */
  readonly meter?: Meter;
}

/** How a virtual round ended. */
export interface VirtualRoundResult {
  readonly committed: boolean;
  /** The sum modulo 2^modulusBits where it committed. */
  readonly sum: Uint32Array | undefined;
  readonly included: readonly MemberId[];
  readonly drops: readonly Drop[];
  /** Why it ended without a sum. */
  readonly error: CairnError | undefined;
  /** Clients that refused to go on, and why. */
  readonly refusals: ReadonlyMap<MemberId, CairnError>;
  /** Messages that either side did not take, in order. */
  readonly ignored: readonly CairnError[];
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Every secret buffer that the sessions gave up; all are wiped. */
  readonly wiped: readonly SecretBytes[];
  /** The last state of every client and of the server; clients have been told the outcome, and hold nothing any more. */
  readonly clients: ReadonlyMap<MemberId, ClientState>;
  readonly server: ServerState;
}

const unmetered: Meter = (_, work) => work();

const asItIs: Wire = (_, bytes) => [bytes];

/** The message type of each state's message, the third byte on the wire. */
const TYPE_OF: Record<CollectingState, number> = {
  'advertise-keys': 0x02,
  'share-keys': 0x04,
  'masked-input': 0x06,
  'consistency-check': 0x08,
  unmasking: 0x0a,
};

/** Runs one round to its end: every message is delivered, then the dead leave, then a deadline passes, until it is over. */
export function runVirtualRound(options: VirtualRoundOptions): VirtualRoundResult {
  return new VirtualRound(options).run();
}

class VirtualRound {
  readonly #options: VirtualRoundOptions;
  readonly #meter: Meter;
  readonly #clients = new Map<MemberId, ClientState>();
  readonly #dead = new Set<MemberId>();
  readonly #queue: (() => void)[] = [];
  readonly #refusals = new Map<MemberId, CairnError>();
  readonly #ignored: CairnError[] = [];
  readonly #wiped: SecretBytes[] = [];
  #server: ServerState;
  #result: Extract<ServerEvent, { kind: 'committed' | 'aborted' }> | undefined;
  #bytesUp = 0;
  #bytesDown = 0;

  constructor(options: VirtualRoundOptions) {
    this.#options = options;
    this.#meter = options.meter ?? unmetered;
    const { primitives, settings, members, target, membership } = options;
    const directory = membership?.directory;
    const step = this.#meter('server', () =>
      startServer({
        primitives,
        settings,
        invited: members,
        target: target ?? members.length,
        ...(directory === undefined ? {} : { directory }),
      }),
    );
    this.#server = step.state;
    this.#sendDown(step.send);
  }

  run(): VirtualRoundResult {
    this.#deliver();
    while (this.#result === undefined) {
      const before = this.#server;
      for (const member of this.#dead) this.#serverStep({ kind: 'leave', member, reason: 'member-left' });
      this.#deliver();
      if (this.#server === before) this.#serverStep({ kind: 'deadline' });
      this.#deliver();
    }
    const result = this.#result;
    this.#tellOutcome(result);
    return {
      committed: result.kind === 'committed',
      sum: result.kind === 'committed' ? result.sum : undefined,
      included: result.kind === 'committed' ? result.included : [],
      drops: result.drops,
      error: result.kind === 'aborted' ? result.error : undefined,
      refusals: this.#refusals,
      ignored: this.#ignored,
      bytesUp: this.#bytesUp,
      bytesDown: this.#bytesDown,
      wiped: this.#wiped,
      clients: this.#clients,
      server: this.#server,
    };
  }

  /** Everybody learns how the round ended; the dead wipe what they hold, since a process that ends holds nothing. */
  #tellOutcome(result: Extract<ServerEvent, { kind: 'committed' | 'aborted' }>): void {
    const { settings } = this.#options;
    const header = { suite: settings.suite, context: this.#server.context.settingsHash };
    for (const [member, state] of this.#clients) {
      if (state.name === 'closed') continue;
      if (this.#dead.has(member)) {
        const error = new CairnError('member-left', 'the virtual client died');
        this.#clientStep(member, stepClient(state, { kind: 'leave', error }));
        continue;
      }
      const bytes =
        result.kind === 'committed'
          ? encodeOutcome({
              ...header,
              kind: 'committed',
              included: result.included.includes(member),
              modelHash: NO_HASH,
            })
          : encodeOutcome({ ...header, kind: 'abandoned', code: result.error.code, message: '' });
      this.#sendDown([{ to: member, bytes: () => bytes }]);
    }
    this.#deliver();
  }

  #deliver(): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) next();
  }

  #sendDown(messages: readonly Outgoing[]): void {
    const down = this.#options.down ?? asItIs;
    for (const { to, bytes } of messages) {
      for (const arriving of down(to, bytes())) {
        this.#bytesDown += arriving.length;
        this.#queue.push(() => this.#arrive(to, arriving));
      }
    }
  }

  #arrive(member: MemberId, bytes: Uint8Array): void {
    if (this.#dead.has(member)) return;
    const state = this.#clients.get(member);
    if (state !== undefined) {
      this.#clientStep(
        member,
        this.#meter(member, () => stepClient(state, { kind: 'message', bytes })),
      );
      return;
    }
    const { primitives, random, membership, settings } = this.#options;
    const identity = membership?.identities.get(member);
    const active = settings.adversary === 'active' && identity !== undefined && membership !== undefined;
    const self = { member, ...(active ? { identity, directory: membership.directory } : {}) };
    const policy = { adversary: settings.adversary, colluding: settings.colludingPpm / 1_000_000, minCohort: 2 };
    const start = { primitives, random, policy, self, invitation: bytes };
    this.#clientStep(
      member,
      this.#meter(member, () => startClient(start)),
    );
  }

  #clientStep(member: MemberId, step: ClientStep): void {
    for (const secret of step.wipe) secret.wipe();
    this.#wiped.push(...step.wipe);
    this.#clients.set(member, step.state);
    if (step.refusal !== undefined) this.#ignored.push(step.refusal);
    for (const bytes of step.send) this.#sendUp(member, bytes);
    for (const event of step.events) this.#onClientEvent(member, event);
  }

  #onClientEvent(member: MemberId, event: ClientEvent): void {
    if (event.kind === 'refused') this.#refusals.set(member, event.error);
    if (event.kind !== 'input-wanted' || this.#dead.has(member)) return;
    this.#queue.push(() => {
      // Made when its turn comes: a thousand vectors that wait would be gigabytes.
      const input: ClientInput = { kind: 'input', values: this.#options.inputOf(member) };
      this.#clientStep(
        member,
        this.#meter(member, () => stepClient(this.#clients.get(member)!, input)),
      );
    });
  }

  #sendUp(member: MemberId, bytes: Uint8Array): void {
    if (this.#dead.has(member)) return;
    const dropState = this.#options.dropBefore?.get(member);
    if (dropState !== undefined && bytes[2] === TYPE_OF[dropState]) {
      this.#dead.add(member);
      return;
    }
    const delivered = [...(this.#options.up ?? asItIs)(member, bytes)].map((arriving) => {
      this.#bytesUp += arriving.length;
      return (): void => this.#serverStep({ kind: 'message', from: member, bytes: arriving });
    });
    // Masked inputs go in front of everything that waits: the server adds each to its sum before the next is made, in
    // the order in which they would come anyhow.
    if (bytes[2] === TYPE_OF['masked-input']) this.#queue.unshift(...delivered);
    else this.#queue.push(...delivered);
  }

  #serverStep(input: ServerInput): void {
    const step = this.#meter('server', () => stepServer(this.#server, input));
    this.#server = step.state;
    if (step.refusal !== undefined) this.#ignored.push(step.refusal);
    this.#sendDown(step.send);
    for (const event of step.events) {
      if (event.kind === 'committed' || event.kind === 'aborted') this.#result = event;
      if (event.kind === 'unmask-plan') {
        const correction = this.#meter('server', () => computePlan(event.plan, this.#options.primitives));
        this.#queue.push(() => this.#serverStep({ kind: 'unmasked', correction }));
      }
    }
    for (const secret of step.wipe) secret.wipe();
    this.#wiped.push(...step.wipe);
  }
}

/** The plain sum of some members' inputs modulo 2^bits: what a committed round must equal, bit for bit. */
export function plainSum(
  settings: RoundSettings,
  members: readonly MemberId[],
  inputOf: (member: MemberId) => Uint32Array,
): Uint32Array {
  const sum = new Uint32Array(vectorLength(settings));
  for (const member of members) {
    const input = inputOf(member);
    for (let i = 0; i < sum.length; i++) sum[i] += input[i];
  }
  const mask = settings.modulusBits === 32 ? 0xffff_ffff : 2 ** settings.modulusBits - 1;
  return sum.map((value) => value & mask);
}
