import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { startServer, stepServer } from '../../../protocol/schemes/secagg/server/session.ts';
import type {
  ServerEvent,
  ServerInput,
  ServerState,
  ServerStep,
} from '../../../protocol/schemes/secagg/server/types.ts';
import { computePlan } from '../../../protocol/schemes/secagg/unmask.ts';
import { toHex } from '../../../protocol/crypto/bytes.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/native.ts';
import { DEFAULT_SUITE, SIZES } from '../../../protocol/crypto/suite.ts';
import { CairnError } from '../../../protocol/errors.ts';
import { type MemberId, memberId } from '../../../protocol/ids.ts';
import type { MemberDirectory } from '../../../protocol/wire/membership.ts';
import { type MessageName, messageName, receiveMessage } from '../../../protocol/wire/header.ts';
import { encodeAbort } from '../../../protocol/wire/messages/abort.ts';
import { decodeHello, encodeChallenge, encodeWelcome, type Hello } from '../../../protocol/wire/messages/connect.ts';
import { encodeInvitation } from '../../../protocol/wire/messages/invitation.ts';
import { encodeTaskNews, type TaskNewsFields } from '../../../protocol/wire/messages/task-news.ts';
import { encodeOutcome } from '../../../protocol/wire/messages/outcome.ts';
import { encodeSettings, type RoundSettings, settingsHash } from '../../../protocol/wire/settings.ts';

/** One message from a client, as the scripted coordinator saw it. */
export interface Received {
  readonly member: number;
  readonly name: MessageName;
  readonly bytes: Uint8Array;
}

/** What a script may do with a message before the coordinator's own answer. Undefined: nothing. */
type Verdict =
  /** Acknowledged, but nobody looks at it. */
  | 'swallow'
  /** Neither acknowledged nor looked at. */
  | 'ignore'
  /** Handled, but the acknowledgement is lost. */
  | 'lose-ack'
  | Uint8Array
  | undefined;

/** Where a script steps in. */
export interface Script {
  onMessage?: (message: Received) => Verdict;
  /** The answer to a Hello; undefined for the usual Welcome. */
  onHello?: (hello: Hello) => Uint8Array | undefined;
  /** The first bytes of a connection. */
  challenge?: (context: Uint8Array) => Uint8Array;
  /** How long a broken connection may be recovered. 0: never. */
  readonly recoveryMs?: number;
}

interface SeatData {
  member?: MemberId;
  /** The connection's challenge. */
  challenge?: Uint8Array;
}

type SeatSocket = Socket<
  Record<'cairn', (bytes: Uint8Array, ack: (answer?: Uint8Array) => void) => void>,
  Record<'cairn', (bytes: Uint8Array) => void>,
  Record<string, never>,
  SeatData
>;

const SUITE = { suite: DEFAULT_SUITE };
const plain = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

/** News of the task of test rounds, which goes on and waits for somebody. */
function newsOf(context: Uint8Array, news: Partial<TaskNewsFields>): Uint8Array {
  const counts = { round: 0, rounds: 9, seated: 1, needed: 2 };
  const still = { task: 'digits', state: 'waiting', ...counts, modelHash: context, code: '', message: '' } as const;
  return encodeTaskNews({ ...SUITE, context, ...still, ...news });
}

/** A coordinator in this process that does what a test tells it, around the real server session. */
export class ScriptedCoordinator {
  readonly script: Script;
  readonly received: Received[] = [];
  readonly hellos: Hello[] = [];
  readonly events: ServerEvent[] = [];
  readonly models = new Map<string, Uint8Array>();
  /** Paths that were asked for, in order. */
  readonly requests: string[] = [];
  directory: Uint8Array | undefined;
  /** What answers to requests wait for. */
  delay: Promise<void> = Promise.resolve();
  readonly #http: HttpServer;
  readonly #io: Server;
  readonly #sockets = new Map<number, SeatSocket>();
  readonly #tokens = new Map<string, MemberId>();
  readonly #watchers = new Set<() => void>();
  #nextSeat = 1;
  #state: ServerState | undefined;

  private constructor(script: Script) {
    this.script = script;
    this.#http = createServer((request, response) => {
      const path = request.url ?? '';
      this.requests.push(path);
      const body = path === '/v1/directory' ? this.directory : this.models.get(path.replace('/v1/models/', ''));
      this.#happened();
      void this.delay.then(() => {
        response.writeHead(body === undefined ? 404 : 200);
        response.end(body);
      });
    });
    const recoveryMs = script.recoveryMs ?? 60_000;
    this.#io = new Server(this.#http, {
      maxHttpBufferSize: 1e8,
      ...(recoveryMs > 0 ? { connectionStateRecovery: { maxDisconnectionDuration: recoveryMs } } : {}),
    });
    this.#io.on('connection', (socket) => this.#connected(socket as SeatSocket));
  }

  static async start(script: Script = {}): Promise<ScriptedCoordinator> {
    const coordinator = new ScriptedCoordinator(script);
    await new Promise<void>((resolve) => coordinator.#http.listen(0, '127.0.0.1', resolve));
    return coordinator;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    await this.#io.close();
  }

  /** Publishes a model file and gives its hash. */
  publish(file: Uint8Array): Uint8Array {
    const hash = nodePrimitives.sha256(file);
    this.models.set(toHex(hash), file);
    return hash;
  }

  /** Resolves once this is true; looked at whenever something happens here. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Resolves with the n-th message of this name, from this member or anybody. */
  async message(name: MessageName, { nth = 1, member }: { nth?: number; member?: number } = {}): Promise<Received> {
    const found = (): Received[] =>
      this.received.filter((one) => one.name === name && (member === undefined || one.member === member));
    await this.until(() => found().length >= nth);
    return found()[nth - 1]!;
  }

  seats(count: number): Promise<void> {
    return this.until(() => this.#sockets.size >= count);
  }

  get members(): MemberId[] {
    return [...this.#sockets.keys()].map(memberId).sort((a, b) => a - b);
  }

  send(member: number, bytes: Uint8Array): void {
    this.#sockets.get(member)?.emit('cairn', bytes);
  }

  /** Breaks a member's connection, as a network would. */
  cut(member: number): void {
    this.#sockets.get(member)?.conn.close();
  }

  /** Forgets every guest's token, as after a restart. */
  forgetSeats(): void {
    this.#tokens.clear();
  }

  /** Sends an invitation and nothing more. */
  invite(settings: RoundSettings, member: number): Uint8Array {
    const encoded = encodeSettings(settings);
    const context = settingsHash(nodePrimitives, encoded);
    this.send(member, encodeInvitation({ ...SUITE, context, settings: encoded }));
    return context;
  }

  abandon(context: Uint8Array, member: number): void {
    const code = 'round-abandoned';
    this.send(member, encodeOutcome({ ...SUITE, context, kind: 'abandoned', code, message: 'as the script says' }));
  }

  commit(context: Uint8Array, member: number, included: boolean): void {
    const modelHash = new Uint8Array(SIZES.hash).fill(9);
    this.send(member, encodeOutcome({ ...SUITE, context, kind: 'committed', included, modelHash }));
  }

  /** Tells a member where a task stands, over a connection whose challenge is as given or its own. */
  tell(member: number, news: Partial<TaskNewsFields>, context = this.#sockets.get(member)?.data.challenge): void {
    this.send(member, newsOf(context!, news));
  }

  /** Runs a round with the real server session among the members that are seated now. */
  async run(
    settings: RoundSettings,
    directory?: MemberDirectory,
  ): Promise<Extract<ServerEvent, { kind: 'committed' | 'aborted' }>> {
    const invited = this.members;
    const start = { primitives: nodePrimitives, settings, invited, target: invited.length };
    const from = this.events.length;
    this.#accept(startServer(directory === undefined ? start : { ...start, directory }));
    const end = (): ServerEvent | undefined =>
      this.events.slice(from).find(({ kind }) => kind === 'committed' || kind === 'aborted');
    await this.until(() => end() !== undefined);
    return end() as Extract<ServerEvent, { kind: 'committed' | 'aborted' }>;
  }

  /** Feeds the running round, for deadlines and the like. */
  input(input: ServerInput): Uint8Array | undefined {
    if (this.#state === undefined) return undefined;
    const { refusal } = this.#accept(stepServer(this.#state, input));
    return refusal && encodeAbort({ ...SUITE, context: this.#state.context.settingsHash }, refusal);
  }

  #accept(step: ServerStep): ServerStep {
    this.#state = step.state;
    for (const secret of step.wipe) secret.wipe();
    for (const { to, bytes } of step.send) this.send(to, bytes());
    for (const event of step.events) {
      this.events.push(event);
      if (event.kind === 'unmask-plan')
        this.input({ kind: 'unmasked', correction: computePlan(event.plan, nodePrimitives) });
      if (event.kind === 'committed') {
        for (const member of step.state.context.invited) {
          this.commit(step.state.context.settingsHash, member, event.included.includes(member));
        }
      }
      if (event.kind === 'aborted') {
        for (const member of step.state.context.invited) this.abandon(step.state.context.settingsHash, member);
      }
    }
    this.#happened();
    return step;
  }

  #connected(socket: SeatSocket): void {
    const context = nodePrimitives.sha256(crypto.getRandomValues(new Uint8Array(16)));
    socket.data.challenge = context;
    if (socket.recovered) this.#sit(socket, socket.data.member!);
    else socket.emit('cairn', this.script.challenge?.(context) ?? encodeChallenge({ ...SUITE, context }));
    socket.on('cairn', (raw, ack) => {
      const bytes = plain(raw);
      const name = messageName(bytes);
      if (name === 'hello') {
        this.#greeted(socket, decodeHello(bytes), context);
        ack();
        return;
      }
      const member = socket.data.member;
      if (member === undefined) {
        ack(encodeAbort({ ...SUITE, context }, new CairnError('member-unknown', 'no hello yet')));
        return;
      }
      const received = { member, name, bytes };
      this.received.push(received);
      const verdict = this.script.onMessage?.(received);
      const answer =
        verdict === undefined || verdict === 'lose-ack'
          ? this.input({ kind: 'message', from: member, message: receiveMessage(bytes) })
          : undefined;
      if (verdict !== 'ignore' && verdict !== 'lose-ack') ack(verdict instanceof Uint8Array ? verdict : answer);
      this.#happened();
    });
  }

  #greeted(socket: SeatSocket, hello: Hello, context: Uint8Array): void {
    this.hellos.push(hello);
    const refusal = this.script.onHello?.(hello);
    if (refusal !== undefined) {
      socket.emit('cairn', refusal);
      this.#happened();
      return;
    }
    const { who } = hello;
    const known = who.kind === 'guest' ? this.#tokens.get(toHex(who.token)) : who.member;
    const member = known ?? memberId(this.#nextSeat++);
    const token = who.kind === 'guest' ? nodePrimitives.sha256(context).slice(0, 16) : new Uint8Array();
    if (who.kind === 'guest') this.#tokens.set(toHex(token), member);
    socket.emit('cairn', encodeWelcome({ ...SUITE, context, member, token }));
    this.#sit(socket, member);
  }

  #sit(socket: SeatSocket, member: MemberId): void {
    socket.data.member = member;
    this.#sockets.set(member, socket);
    socket.on('disconnect', () => {
      // Recovery gives a broken connection back to the same room, so its messages are still to be sent there.
      if (this.script.recoveryMs === 0 && this.#sockets.get(member) === socket) this.#sockets.delete(member);
      this.#happened();
    });
    this.#happened();
  }

  #happened(): void {
    for (const look of [...this.#watchers]) look();
  }
}
