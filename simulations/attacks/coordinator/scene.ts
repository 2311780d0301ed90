import {
  type ConsentMemory,
  join,
  type JoinOptions,
  type Participation,
  type ParticipationEvent,
  type SerialMemory,
} from '../../../client/index.ts';
import { inputLength } from '../../../protocol/rounds/index.ts';
import { levels, minModulusBits } from '../../../protocol/quantize/index.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/index.ts';
import type { Primitives } from '../../../protocol/crypto/index.ts';
import type { ErrorCode } from '../../../protocol/errors.ts';
import { type MemberId, memberId } from '../../../protocol/ids.ts';
import { encodeInvitation, encodeSettings, type RoundSettings, settingsHash } from '../../../protocol/wire/index.ts';
import { virtualMembership, type VirtualMembership } from '../../engine/members.ts';
import { virtualSettings } from '../../engine/settings.ts';
import { plainSum } from '../../engine/sums.ts';
import { EventLog } from './event-log.ts';
import { seeded } from '../open-round/lab.ts';
import { Accomplice } from './accomplice.ts';
import { EvilCoordinator, type Manners } from './evil-coordinator.ts';
import { EvilRound, type Script } from './evil-round.ts';
import { type Attempt, extract } from '../inference/extract.ts';
import { beforePeaks, constantModel, EXAMPLES, LAYOUT, PerceptronApp } from './perceptron.ts';

/** The attacker's target. */
export const TARGET = memberId(3);

const INPUT_BITS = 16;
const MAX_COHORT = 16;

/** Options of a scene. */
export interface SceneOptions {
  /** Keys, data and nonces are derived from it. */
  readonly seed: string;
  /** Members 1 … n are invited. */
  readonly n: number;
  /** Which of them are honest; the others work with the coordinator. Default: all. */
  readonly honest?: readonly number[];
  readonly adversary?: 'active' | 'curious';
  readonly policy?: JoinOptions['policy'];
  readonly manners?: Manners;
  /** Each client's memory of directories. Default: as in the shipped client. */
  readonly serials?: () => SerialMemory;
  /** Each client's memory of rounds. Default: memory that ends with the client. */
  readonly consent?: (member: MemberId) => ConsentMemory;
  /** The clients' cryptography: an attack removes a protection here. Default: Node's own. */
  readonly primitives?: Primitives;
  /** Number of examples of individual clients. Default: the same for all. */
  readonly examples?: Readonly<Record<number, number>>;
}

/** One client of the scene: the shipped one. */
export interface SceneClient {
  readonly app: PerceptronApp;
  readonly log: EventLog;
  readonly participation: Participation;
  /** Everything that it drew from its source of randomness: the actual arrays that hold its secrets. */
  readonly draws: readonly Uint8Array[];
}

/** The participants of a round. */
interface Cast {
  /** Default: all members. */
  readonly invited?: readonly MemberId[];
  /** Members that the attacker plays itself: its accomplices, unless it impersonates others. */
  readonly played?: readonly MemberId[];
  /** Identities and directory that the attacker uses. Default: the true ones. */
  readonly membership?: Pick<VirtualMembership, 'identities' | 'directory'>;
}

/** A malicious coordinator, its accomplices, and the clients that have joined it. */
export class Scene {
  readonly options: SceneOptions;
  readonly coordinator: EvilCoordinator;
  readonly membership: VirtualMembership;
  readonly members: readonly MemberId[];
  readonly clients = new Map<MemberId, SceneClient>();
  /** Members that do not work with the coordinator. */
  readonly honest: readonly MemberId[];
  readonly modelHash: Uint8Array;
  #rounds = 0;
  #played = 0;

  private constructor(options: SceneOptions, coordinator: EvilCoordinator) {
    const { n, seed, honest } = options;
    this.options = options;
    this.coordinator = coordinator;
    this.members = Array.from({ length: n }, (_, i) => memberId(i + 1));
    this.honest = this.members.filter((member) => honest?.includes(member) ?? true);
    this.membership = virtualMembership(nodePrimitives, seeded(`${seed} membership`), n);
    coordinator.served.set('/v1/directory', this.membership.signed);
    this.modelHash = coordinator.publish(constantModel());
  }

  /** Starts the server, and makes every member join that is not an accomplice. */
  static async start(options: SceneOptions): Promise<Scene> {
    const scene = new Scene(options, await EvilCoordinator.start(options.manners));
    await Promise.all(scene.honest.map((member) => scene.enter(member)));
    return scene;
  }

  /** The clients' cryptography. */
  get primitives(): Primitives {
    return this.options.primitives ?? nodePrimitives;
  }

  get active(): boolean {
    return this.options.adversary !== 'curious';
  }

  /** Members that work with the coordinator. */
  get accomplices(): readonly MemberId[] {
    return this.members.filter((member) => !this.honest.includes(member));
  }

  /** A member joins, possibly again. @returns when it has its seat */
  async enter(member: MemberId, options: JoinOptions = {}): Promise<SceneClient> {
    const { seed, policy, examples, serials, consent } = this.options;
    const log = new EventLog();
    const app = new PerceptronApp(`${seed} ${member}`, examples?.[member]);
    const draws: Uint8Array[] = [];
    const random = seeded(`${seed} ${member} ${this.clients.has(member)} random`);
    const keys = this.membership.identities.get(member)!;
    const participation = join(this.coordinator.url, app, {
      policy: { adversary: this.active ? 'active' : 'curious', colluding: 0.2, minCohort: 3, ...policy },
      ...(this.active
        ? { identity: { member, keys }, authorityKey: this.membership.authority.publicKey }
        : { name: String(member) }),
      random: (length) => {
        const bytes = random(length);
        draws.push(bytes);
        return bytes;
      },
      primitives: this.primitives,
      ...(consent === undefined ? {} : { consent: consent(member) }),
      seed: member,
      reconnectDelayMs: 1,
      leaveTimeoutMs: 1000,
      ...(serials === undefined ? {} : { serials: serials() }),
      ...options,
      onEvent: (event) => {
        log.onEvent(event);
        this.coordinator.happened();
      },
    });
    const client = { app, log, participation, draws };
    this.clients.set(member, client);
    await log.next('connected');
    return client;
  }

  /** A client of the scene. */
  client(member: number): SceneClient {
    return this.clients.get(memberId(member))!;
  }

  get target(): SceneClient {
    return this.client(TARGET);
  }

  /** Settings of the next round, on whose grid the updates of {@link PerceptronApp} are. */
  settings(change: Partial<RoundSettings> = {}): RoundSettings {
    const { seed, adversary = 'active' } = this.options;
    const unit = levels(INPUT_BITS);
    return virtualSettings(seeded(`${seed} round ${++this.#rounds}`), {
      task: 'digits',
      adversary,
      colludingPpm: 200_000,
      dropoutPpm: 200_000,
      minCohort: 3,
      maxCohort: MAX_COHORT,
      dimension: LAYOUT.size,
      modelHash: this.modelHash,
      ...(adversary === 'active' ? { directoryHash: this.membership.directory.hash } : {}),
      inputBits: INPUT_BITS,
      modulusBits: minModulusBits(INPUT_BITS, MAX_COHORT),
      clip: unit,
      lossBound: unit,
      maxExamples: EXAMPLES,
      ...change,
    });
  }

  /** Sends an invitation, and nothing more. */
  invite(settings: RoundSettings, member: MemberId = TARGET): void {
    const encoded = encodeSettings(settings);
    const context = settingsHash(this.primitives, encoded);
    this.coordinator.send(member, encodeInvitation({ suite: settings.suite, context, settings: encoded }));
  }

  /** Begins a round with the script's changes. */
  round(script: Script = {}, settings: RoundSettings = this.settings(), cast: Cast = {}): EvilRound {
    const { invited = this.members, played = this.accomplices, membership = this.membership } = cast;
    const accomplices = new Map<MemberId, Accomplice>();
    const directory = this.active ? membership.directory : undefined;
    const round = new EvilRound(this.coordinator, {
      primitives: this.primitives,
      settings,
      directory,
      invited,
      accomplices,
      script,
    });
    for (const member of played.filter((one) => invited.includes(one)))
      accomplices.set(member, this.accomplice(member, round, cast));
    this.coordinator.receiver = round;
    round.begin();
    return round;
  }

  /** A member that the attacker plays in a round, with its own keys. */
  accomplice(
    member: MemberId,
    round: Pick<EvilRound, 'fromAccomplice'>,
    { membership = this.membership }: Cast = {},
  ): Accomplice {
    const { transcript } = this.coordinator;
    const random = transcript.overheard(seeded(`${this.options.seed} accomplice ${++this.#played}`));
    return new Accomplice({
      member,
      primitives: this.primitives,
      identity: this.active ? membership.identities.get(member) : undefined,
      directory: this.active ? membership.directory : undefined,
      random,
      input: (length) => {
        const values = new Uint32Array(random(4 * length).buffer).map((value) => value % 1000);
        transcript.inputs.set(member, values);
        return values;
      },
      send: (bytes) => round.fromAccomplice(member, bytes),
    });
  }

  /** Resolves once this is true; checked whenever a message passes or a client emits an event. */
  until(condition: () => boolean): Promise<void> {
    return this.coordinator.until(condition);
  }

  /** Resolves with how these members' round ended, once it is over for each of them. */
  async ends(members: readonly MemberId[] = this.honest): Promise<Record<number, ErrorCode | 'committed' | undefined>> {
    // A round that was superseded by the attacker's next one has ended, too: it is not the one in question.
    const isEnd = (event: ParticipationEvent): boolean =>
      ENDS.has(event.kind) && !('code' in event && event.code === 'round-forgotten');
    const endOf = (member: MemberId) => this.client(member).log.events.find(isEnd);
    await this.until(() => members.every((member) => endOf(member) !== undefined));
    return Object.fromEntries(
      members.map((member) => {
        const end = endOf(member)!;
        return [member, end.kind === 'committed' ? 'committed' : 'code' in end ? end.code : undefined];
      }),
    );
  }

  /** The attempt to compute the target's update in a round, its last one, from everything that the coordinator has seen. */
  attempt(settings?: RoundSettings): Attempt {
    const round = settings && settingsHash(this.primitives, encodeSettings(settings));
    return extract(this.coordinator.transcript, TARGET, round);
  }

  /** The target's quantized update, which only it knows, without its peaks. */
  truth(settings: RoundSettings): Uint32Array {
    return this.target.app.quantized(settings);
  }

  /** The sum of what some clients mask, without its peaks. */
  plainSum(settings: RoundSettings, members: readonly MemberId[]): Uint32Array {
    const inputOf = (member: MemberId): Uint32Array => {
      const whole = new Uint32Array(inputLength(settings));
      whole.set(this.client(member).app.quantized(settings));
      return whole;
    };
    return beforePeaks(plainSum(settings, members, inputOf));
  }

  async close(): Promise<void> {
    await Promise.all([...this.clients.values()].map(({ participation }) => participation.leave()));
    await this.coordinator.stop();
  }
}

const ENDS: ReadonlySet<string> = new Set(['refused', 'committed', 'abandoned']);
