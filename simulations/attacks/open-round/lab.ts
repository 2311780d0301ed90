import {
  type ClientEvent,
  type ClientHistory,
  type ClientInput,
  type ClientPolicy,
  type ClientState,
  type ClientStep,
  computePlan,
  type Drop,
  type ServerEvent,
  type ServerInput,
  type ServerState,
  type ServerStep,
  startClient,
  startServer,
  stepClient,
  stepServer,
  type UnmaskPlan,
  wantedAgreements,
} from '../../../protocol/schemes/secagg/index.ts';
import { vectorLength } from '../../../protocol/quantize/index.ts';
import {
  agreeAll,
  type Primitives,
  type RandomSource,
  unsafeSeededRandom,
  utf8,
} from '../../../protocol/crypto/index.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/index.ts';
import { asCairnError, CairnError, type ErrorCode } from '../../../protocol/errors.ts';
import { type MemberId, memberId } from '../../../protocol/ids.ts';
import {
  type Message,
  type MessageName,
  messageName,
  readInvitation,
  receiveMessage,
  type RoundSettings,
} from '../../../protocol/wire/index.ts';
import { plainSum } from '../../engine/sums.ts';
import { virtualMembership, type VirtualMembership } from '../../engine/members.ts';
import { virtualSettings } from '../../engine/settings.ts';

/** A deterministic source of randomness, named after its purpose. */
export const seeded = (name: string): RandomSource => unsafeSeededRandom(nodePrimitives.sha256(utf8(name)));

/** One message and the member at its client end. */
export interface Mail {
  readonly member: MemberId;
  readonly bytes: Uint8Array;
}

/** How an adversary between the ends, or at one of them, changes a message: it drops, keeps or replaces it. */
export type Rewrite = (mail: Mail) => readonly Mail[];

const asItIs: Rewrite = (mail) => [mail];

const NOTHING = { send: [], events: [], wipe: [] } as const;

/** What the receiver of bytes makes of their header. */
function received(bytes: Uint8Array): Message | CairnError {
  try {
    return receiveMessage(bytes);
  } catch (thrown) {
    return asCairnError(thrown);
  }
}

/** Applies a change to messages of one name, and leaves the others alone. */
export const rewriting =
  (name: MessageName, change: (mail: Mail) => Uint8Array | undefined): Rewrite =>
  (mail) => {
    if (messageName(mail.bytes) !== name) return [mail];
    const bytes = change(mail);
    return bytes === undefined ? [] : [{ member: mail.member, bytes }];
  };

/** Options of a {@link Lab}. */
export interface LabOptions {
  /** Two labs with the same options and steps exchange the same bytes. */
  readonly seed: string;
  /** Members 1 … n are invited. */
  readonly n: number;
  readonly adversary?: 'curious' | 'active';
  readonly settings?: Partial<RoundSettings>;
  readonly policy?: Partial<ClientPolicy>;
  readonly target?: number;
  readonly primitives?: Primitives;
  readonly random?: RandomSource;
  readonly membership?: VirtualMembership;
  /** What each client remembers about earlier rounds; nothing if absent. */
  readonly historyOf?: (member: MemberId) => ClientHistory;
  /** Hashes of settings, in hex, that every client has seen before. */
  readonly seen?: ReadonlySet<string>;
  /** Proofs that members of an earlier round dealt falsely, sent after each invitation. */
  readonly proofs?: readonly Uint8Array[];
  /** How the clients' key agreements are computed. Default inline. */
  readonly agreements?: 'inline' | 'awaited';
  /** Whether clients are given what they wait for immediately, and plans are computed at once. Default true. */
  readonly automatic?: boolean;
}

/** One round, fully exposed: real sessions on both sides, every message under the tester's control. */
export class Lab {
  readonly options: LabOptions;
  readonly primitives: Primitives;
  readonly random: RandomSource;
  readonly settings: RoundSettings;
  readonly membership: VirtualMembership | undefined;
  readonly members: readonly MemberId[];
  readonly clients = new Map<MemberId, ClientState>();
  /** Clients that no longer receive or send anything. */
  readonly dead = new Set<MemberId>();
  /** Sent and not yet delivered. */
  toServer: Mail[] = [];
  toClients: Mail[] = [];
  /** Every message ever sent, as it was sent. */
  readonly sent: { readonly to: 'server' | 'client'; readonly mail: Mail }[] = [];
  /** Why clients left the round. */
  readonly refusals = new Map<MemberId, CairnError>();
  /** Errors of messages that a side did not accept. */
  readonly ignored: CairnError[] = [];
  readonly serverEvents: ServerEvent[] = [];
  readonly clientEvents: { readonly member: MemberId; readonly event: ClientEvent }[] = [];
  server: ServerState;
  plan: UnmaskPlan | undefined;
  automatic: boolean;

  constructor(options: LabOptions) {
    this.options = options;
    const { seed, n, adversary = 'curious', automatic = true } = options;
    this.automatic = automatic;
    this.primitives = options.primitives ?? nodePrimitives;
    this.random = options.random ?? seeded(seed);
    this.members = Array.from({ length: n }, (_, i) => memberId(i + 1));
    this.membership =
      options.membership ?? (adversary === 'active' ? virtualMembership(this.primitives, this.random, n) : undefined);
    this.settings = virtualSettings(this.random, {
      adversary,
      dimension: 5,
      ...(this.membership === undefined ? {} : { directoryHash: this.membership.directory.hash }),
      ...options.settings,
    });
    const step = startServer({
      primitives: this.primitives,
      settings: this.settings,
      invited: this.members,
      target: options.target ?? n,
      ...(options.proofs === undefined ? {} : { proofs: options.proofs }),
      ...(this.membership === undefined ? {} : { directory: this.membership.directory }),
    });
    this.server = step.state;
    this.#serverDid(step);
  }

  /** The input of a member: fixed by the seed, over the whole range of the modulus. */
  readonly inputOf = (member: MemberId): Uint32Array => {
    const length = vectorLength(this.settings);
    const bytes = seeded(`${this.options.seed} input ${member}`)(4 * length);
    return new Uint32Array(bytes.buffer, 0, length).slice();
  };

  plainSum(members: readonly MemberId[]): Uint32Array {
    return plainSum(this.settings, members, this.inputOf);
  }

  /** Delivers pending messages to clients. */
  down(rewrite: Rewrite = asItIs): this {
    const mails = this.toClients;
    this.toClients = [];
    for (const mail of mails) for (const { member, bytes } of rewrite(mail)) this.clientGets(member, bytes);
    return this;
  }

  /** Delivers pending messages to the server. */
  up(rewrite: Rewrite = asItIs): this {
    const mails = this.toServer;
    this.toServer = [];
    for (const mail of mails) for (const { member, bytes } of rewrite(mail)) this.serverGets(member, bytes);
    return this;
  }

  /** Delivers everything, letting deadlines pass when nothing is pending, until the round is over. */
  run(rewrite: { readonly down?: Rewrite; readonly up?: Rewrite } = {}): this {
    while (!this.over) {
      if (this.toClients.length > 0) this.down(rewrite.down);
      else if (this.toServer.length > 0) this.up(rewrite.up);
      else this.serverDoes({ kind: 'deadline' });
    }
    return this.down(rewrite.down);
  }

  /** Runs until this client is in the named state. */
  client<Name extends ClientState['name']>(member: number, name: Name): Extract<ClientState, { name: Name }> {
    const id = memberId(member);
    while (this.clients.get(id)?.name !== name) {
      if (this.toClients.length > 0) this.down();
      else if (this.toServer.length > 0) this.up();
      else throw new Error(`client ${member} never reaches ${name}`);
    }
    return this.clients.get(id) as Extract<ClientState, { name: Name }>;
  }

  /** Runs until the server is in the named state. */
  serverIn<Name extends ServerState['name']>(name: Name): Extract<ServerState, { name: Name }> {
    while (this.server.name !== name) {
      if (this.toServer.length > 0) this.up();
      else if (this.toClients.length > 0) this.down();
      else throw new Error(`the server never reaches ${name}`);
    }
    return this.server as Extract<ServerState, { name: Name }>;
  }

  get over(): boolean {
    return this.server.name === 'committed' || this.server.name === 'aborted';
  }

  clientGets(member: MemberId, bytes: Uint8Array): ClientStep | undefined {
    if (this.dead.has(member)) return undefined;
    const state = this.clients.get(member);
    if (state === undefined) return this.start(member, bytes);
    const message = received(bytes);
    if (!(message instanceof CairnError)) return this.clientDoes(member, { kind: 'message', message });
    return this.clientDid(member, { ...NOTHING, state, refusal: message });
  }

  /** Starts a client on an invitation. */
  start(member: MemberId, invitation: Uint8Array, seen = this.options.seen): ClientStep {
    const identity = this.membership?.identities.get(member);
    const directory = this.membership?.directory;
    const step = startClient({
      primitives: this.primitives,
      random: this.random,
      policy: {
        adversary: this.settings.adversary,
        colluding: this.settings.colludingPpm / 1_000_000,
        minCohort: 2,
        ...this.options.policy,
      },
      self: {
        member,
        ...(identity === undefined ? {} : { identity }),
        ...(directory === undefined ? {} : { directory }),
      },
      invitation: readInvitation(invitation),
      ...(seen === undefined ? {} : { seen }),
      ...(this.options.historyOf === undefined ? {} : { history: this.options.historyOf(member) }),
      agreements: this.options.agreements ?? 'inline',
    });
    return this.clientDid(member, step);
  }

  clientDoes(member: MemberId, input: ClientInput): ClientStep {
    return this.clientDid(member, stepClient(this.clients.get(member)!, input));
  }

  /** Handles a step as a driver would. */
  clientDid(member: MemberId, step: ClientStep): ClientStep {
    for (const secret of step.wipe) secret.wipe();
    this.clients.set(member, step.state);
    if (step.refusal !== undefined) this.ignored.push(step.refusal);
    for (const { bytes } of step.send) {
      this.toServer.push({ member, bytes });
      this.sent.push({ to: 'server', mail: { member, bytes } });
    }
    for (const event of step.events) {
      this.clientEvents.push({ member, event });
      if (event.kind === 'refused') this.refusals.set(member, event.error);
      if (event.kind === 'agreements-wanted' && this.automatic) this.agree(member);
      if (event.kind === 'input-wanted' && this.automatic)
        this.clientDoes(member, { kind: 'input', values: this.inputOf(member) });
    }
    return step;
  }

  /** Gives a client the key agreements it is waiting for. */
  agree(member: MemberId): ClientStep {
    const wanted = wantedAgreements(this.clients.get(member)!)!;
    return this.clientDoes(member, { kind: 'agreements', shared: agreeAll(this.primitives, wanted) });
  }

  /** Bytes come to the server. As at a gateway, those without a readable header never reach the session. */
  serverGets(from: MemberId, bytes: Uint8Array): ServerStep {
    const message = received(bytes);
    if (!(message instanceof CairnError)) return this.serverDoes({ kind: 'message', from, message });
    const step = { ...NOTHING, state: this.server, refusal: message };
    this.#serverDid(step);
    return step;
  }

  serverDoes(input: ServerInput): ServerStep {
    const step = stepServer(this.server, input);
    this.#serverDid(step);
    return step;
  }

  #serverDid(step: ServerStep): void {
    this.server = step.state;
    if (step.refusal !== undefined) this.ignored.push(step.refusal);
    for (const { to, bytes: make } of step.send) {
      const bytes = make();
      this.toClients.push({ member: to, bytes });
      this.sent.push({ to: 'client', mail: { member: to, bytes } });
    }
    this.serverEvents.push(...step.events);
    for (const event of step.events) {
      if (event.kind !== 'unmask-plan') continue;
      this.plan = event.plan;
      if (this.automatic) this.compute();
    }
    for (const secret of step.wipe) secret.wipe();
  }

  /** Computes the plan and hands the server its result. */
  compute(): ServerStep {
    return this.serverDoes({ kind: 'unmasked', correction: computePlan(this.plan!, this.primitives) });
  }

  leave(member: number, reason: ErrorCode = 'member-left'): ServerStep {
    this.dead.add(memberId(member));
    return this.serverDoes({ kind: 'leave', member: memberId(member), reason });
  }

  get committed(): Extract<ServerEvent, { kind: 'committed' }> | undefined {
    return this.serverEvents.find((event) => event.kind === 'committed');
  }

  get aborted(): Extract<ServerEvent, { kind: 'aborted' }> | undefined {
    return this.serverEvents.find((event) => event.kind === 'aborted');
  }

  get drops(): readonly Drop[] {
    return this.serverEvents.flatMap((event) => (event.kind === 'dropped' ? [event.drop] : []));
  }

  /** Messages of one name that were sent, in order. */
  messages(name: MessageName): readonly Mail[] {
    return this.sent.map(({ mail }) => mail).filter(({ bytes }) => messageName(bytes) === name);
  }

  /** The first message of one name to or from a member. */
  message(name: MessageName, member: number): Uint8Array {
    const found = this.messages(name).find((mail) => mail.member === member);
    if (found === undefined) throw new Error(`no ${name} of member ${member} was sent`);
    return found.bytes;
  }

  /** The codes with which clients left the round, by member. */
  refusalCodes(): Record<number, ErrorCode> {
    return Object.fromEntries([...this.refusals].map(([member, { code }]) => [member, code]));
  }
}
