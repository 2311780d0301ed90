import type { Primitives } from '../../protocol/crypto/index.ts';
import { secagg } from '../../protocol/schemes/secagg/index.ts';
import { Random } from '../../training/index.ts';
import {
  type CollectingState,
  isCollectingState as isCollecting,
  type Scheme,
  schemeOf,
  type ServerEvent,
  type ServerInput,
  type ServerSession,
  type ServerStep,
  type ServerWork,
  type WorkResult,
} from '../../protocol/rounds/index.ts';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { encodeOutcome, type Message, NO_HASH, receiveMessage } from '../../protocol/wire/index.ts';
import { FaultPlan } from '../faults/plan.ts';
import { VirtualClock } from './clock.ts';
import { Connections } from './connections.ts';
import { Delivery } from './delivery.ts';
import { DEFAULT_DEADLINES, DEFAULT_NETWORK, noCounts } from './network.ts';
import { VirtualMember } from './member.ts';
import { type Meter, type Phase, unmetered } from './meter.ts';
import type { Scene } from './traffic.ts';
import type { VirtualRoundOptions, VirtualRoundResult } from './virtual-round.ts';

export type { NetworkEvents } from './network.ts';
export type { VirtualRoundOptions, VirtualRoundResult } from './virtual-round.ts';

type RoundEnd = Extract<ServerEvent, { kind: 'committed' | 'aborted' }>;

/** Drives one round: the server session and all client sessions, with the network and the faults between them. */
class VirtualRoundDriver {
  readonly #options: VirtualRoundOptions;
  readonly #meter: Meter;
  readonly #scene: Scene;
  readonly #members: ReadonlyMap<MemberId, VirtualMember>;
  readonly #connections: Connections;
  readonly #delivery: Delivery;
  readonly #ignored: CairnError[] = [];
  readonly #scheme: Scheme;
  #server: ServerSession;
  #parameters: VirtualRoundResult['parameters'];
  #end: RoundEnd | undefined;

  constructor(options: VirtualRoundOptions) {
    this.#options = options;
    const { primitives, settings, members, membership, target = members.length, seed = 0, onWiped } = options;
    this.#meter = options.meter ?? unmetered;
    this.#scheme = schemeOf(settings, options.schemes ?? [secagg]);
    this.#scene = {
      clock: new VirtualClock(),
      faults: new FaultPlan(options.faults ?? [], { members, adversary: settings.adversary, seed }),
      network: options.network ?? DEFAULT_NETWORK,
      random: new Random(seed, 'network'),
      happened: noCounts(),
    };
    const around = {
      ...options,
      scheme: this.#scheme,
      meter: this.#meter,
      onWiped: onWiped ?? (() => undefined),
      onIgnored: (error: CairnError) => this.#ignored.push(error),
    };
    this.#members = new Map(members.map((id) => [id, new VirtualMember(id, around)]));
    this.#connections = new Connections(this.#scene, this.#members, {
      leave: (member) => this.#step({ kind: 'leave', member, reason: 'member-left' }),
      sendAgain: (member) => this.#delivery.sendAgain(member),
    });
    this.#delivery = new Delivery(this.#scene, this.#members, {
      take: (from, bytes) => this.#take(from, bytes),
      ended: () => this.#end !== undefined,
      die: (member) => this.#connections.die(member),
    });
    const directory = membership?.directory;
    const start = { primitives, settings, invited: members, target, ...(directory === undefined ? {} : { directory }) };
    const step = this.#meter('server', 'advertise-keys', () => this.#scheme.server.start(start));
    this.#server = step.state;
    this.#apply(step, 'advertise-keys');
    this.#connections.startFlapping();
  }

  run(): VirtualRoundResult {
    const { clock, happened } = this.#scene;
    while (this.#end === undefined) {
      if (!clock.step()) throw new CairnError('internal', `no event is left in state ${this.#server.name}`);
    }
    const { now } = clock;
    const end = this.#end;
    this.#tellOutcome(end);
    const all = [...this.#members.values()];
    const committed = end.kind === 'committed';
    return {
      committed,
      sum: committed ? end.sum : undefined,
      included: committed ? end.included : [],
      drops: end.drops,
      error: committed ? undefined : end.error,
      refusals: new Map(all.flatMap(({ id, refusal }) => (refusal === undefined ? [] : [[id, refusal]]))),
      ignored: this.#ignored,
      parameters: this.#parameters,
      up: this.#delivery.up,
      down: this.#delivery.down,
      seconds: now,
      happened,
      waiting: all.filter((member) => member.waiting).map(({ id }) => id),
    };
  }

  /** Bytes reach the coordinator: as at its gateway, those without a readable header never reach the session. */
  #take(from: MemberId, bytes: Uint8Array): CairnError | undefined {
    let message: Message;
    try {
      message = receiveMessage(bytes);
    } catch (thrown) {
      const error = asCairnError(thrown);
      this.#ignored.push(error);
      return error;
    }
    return this.#step({ kind: 'message', from, message });
  }

  #step(input: ServerInput): CairnError | undefined {
    const { name } = this.#server;
    const phase: Phase = isCollecting(name) ? name : 'computing';
    const step = this.#meter('server', phase, () => this.#scheme.server.step(this.#server, input));
    this.#apply(step, phase);
    return step.refusal;
  }

  /** Applies a step. Making its messages counts for the phase that it ended. */
  #apply(step: ServerStep, phase: Phase): void {
    this.#server = step.state;
    if (step.refusal !== undefined) this.#ignored.push(step.refusal);
    for (const secret of step.wipe) secret.wipe();
    this.#options.onWiped?.(step.wipe);
    this.#parameters = this.#scheme.server.parameters(step.state) ?? this.#parameters;
    for (const event of step.events) if (event.kind === 'state' && isCollecting(event.name)) this.#entered(event.name);
    const { name } = step.state;
    for (const outgoing of step.send) {
      const message = { ...outgoing, bytes: () => this.#meter('server', phase, outgoing.bytes) };
      this.#delivery.sendDown({ message, state: outgoing.last === true || !isCollecting(name) ? undefined : name });
    }
    for (const event of step.events) this.#handle(event);
  }

  #entered(state: CollectingState): void {
    const { deadlines = DEFAULT_DEADLINES } = this.#options;
    const { clock, faults } = this.#scene;
    const inState = (run: () => void) => (): void => {
      if (this.#server.name === state) run();
    };
    clock.after(
      deadlines[state],
      inState(() => this.#step({ kind: 'deadline' })),
    );
    for (const onset of faults.onsetsOf(state)) {
      if (onset.kind === 'partition')
        clock.after(onset.after, () => this.#connections.part(onset.members, onset.seconds));
      else
        clock.after(
          onset.after,
          inState(() => this.#abandon(state)),
        );
    }
  }

  #abandon(state: CollectingState): void {
    this.#scene.happened.abandon++;
    this.#step({ kind: 'abandon', error: new CairnError('round-abandoned', `the coordinator gave up in ${state}`) });
  }

  #handle(event: ServerEvent): void {
    if (event.kind === 'committed' || event.kind === 'aborted') this.#end = event;
    if (event.kind === 'work') this.#compute(event.work);
  }

  #compute(work: ServerWork): void {
    const { primitives } = this.#options;
    try {
      const result = this.#meter('server', 'computing', () => workInline(work, primitives));
      this.#scene.clock.after(0, () => {
        this.#step({ kind: 'worked', result });
        result.wipe();
      });
    } catch (thrown) {
      const error = asCairnError(thrown);
      this.#scene.clock.after(0, () => this.#step({ kind: 'abandon', error }));
    }
  }

  /** Every member learns how the round ended, on a restored connection if necessary. */
  #tellOutcome(end: RoundEnd): void {
    const { suite } = this.#options.settings;
    const header = { suite, context: this.#scheme.server.settingsHash(this.#server) };
    const included = new Set(end.kind === 'committed' ? end.included : []);
    for (const member of this.#members.values()) {
      if (!member.waiting) continue;
      const bytes =
        end.kind === 'committed'
          ? encodeOutcome({ ...header, kind: 'committed', included: included.has(member.id), modelHash: NO_HASH })
          : encodeOutcome({ ...header, kind: 'abandoned', code: end.error.code, message: '' });
      this.#delivery.down.add(member.id, 'outcome', bytes.length);
      member.receive(bytes);
    }
  }
}

/** Runs the steps of a work and computes its result on this thread. @throws whatever the work throws */
function workInline(work: ServerWork, primitives: Primitives): WorkResult {
  const steps = work.steps()[Symbol.iterator]();
  while (steps.next().done !== true);
  return work.compute(primitives);
}

/**
 * Runs one round to its end, in virtual time: messages take as long as the network says, states end when all have
 * answered or at their deadline, faults strike as scripted. The same options give the same result. It always ends,
 * since each state has a deadline.
 * @throws CairnError `settings-invalid`, `overflow-budget`, `directory-mismatch`: the round cannot be run
 */
export function runVirtualRound(options: VirtualRoundOptions): VirtualRoundResult {
  return new VirtualRoundDriver(options).run();
}
