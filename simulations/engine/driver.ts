import { Random } from '../../client/training/index.ts';
import {
  type CollectingState,
  type ServerEvent,
  type ServerInput,
  type ServerState,
  type ServerStep,
  startServer,
  stepServer,
} from '../../protocol/aggregation/server/index.ts';
import { computePlan } from '../../protocol/aggregation/unmask.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { HEADER_LENGTH } from '../../protocol/wire/header.ts';
import { encodeOutcome } from '../../protocol/wire/messages/outcome.ts';
import { NO_HASH } from '../../protocol/wire/settings.ts';
import { type Fate, FaultPlan } from '../faults/plan.ts';
import { VirtualClock } from './clock.ts';
import { draw } from './distribution.ts';
import type { Downward, Upward } from './link.ts';
import { VirtualMember } from './member.ts';
import { type Meter, unmetered } from './meter.ts';
import { DEFAULT_DEADLINES, DEFAULT_NETWORK } from './network.ts';
import { type Phase, stateOf, STATES } from './phases.ts';
import type { Happened, VirtualRoundOptions, VirtualRoundResult } from './virtual-round.ts';
import { Tally } from './tally.ts';

type RoundEnd = Extract<ServerEvent, { kind: 'committed' | 'aborted' }>;

/** Connections break and come back no faster than this, in seconds: time must go on. */
const SHORTEST = 0.001;

const isCollecting = (name: ServerState['name']): name is CollectingState => (STATES as string[]).includes(name);

/** Drives one round: the server session and everybody's client session, over the network and the faults between them. */
export class RoundDriver {
  readonly #options: VirtualRoundOptions;
  readonly #meter: Meter;
  readonly #clock = new VirtualClock();
  readonly #random: Random;
  readonly #faults: FaultPlan;
  readonly #members: ReadonlyMap<MemberId, VirtualMember>;
  readonly #ignored: CairnError[] = [];
  readonly #up: Tally;
  readonly #down: Tally;
  readonly #happened: { -readonly [Key in keyof Happened]: number } = {
    drop: 0,
    delay: 0,
    reorder: 0,
    duplicate: 0,
    corrupt: 0,
    flapping: 0,
    partition: 0,
    abandon: 0,
    lost: 0,
    again: 0,
    overtaken: 0,
  };
  #departures = 0;
  readonly #latest = { up: -1, down: -1 };
  #server: ServerState;
  #parameters: VirtualRoundResult['parameters'];
  #end: RoundEnd | undefined;

  constructor(options: VirtualRoundOptions) {
    this.#options = options;
    const { primitives, settings, members, membership, target = members.length, seed = 0, onWiped } = options;
    this.#meter = options.meter ?? unmetered;
    this.#random = new Random(seed, 'network');
    this.#faults = new FaultPlan(options.faults ?? [], { members, adversary: settings.adversary, seed });
    this.#up = new Tally(members);
    this.#down = new Tally(members);
    const around = {
      ...options,
      meter: this.#meter,
      onWiped: onWiped ?? (() => undefined),
      onIgnored: (error: CairnError) => this.#ignored.push(error),
    };
    this.#members = new Map(members.map((id) => [id, new VirtualMember(id, around)]));
    const directory = membership?.directory;
    const start = { primitives, settings, invited: members, target, ...(directory === undefined ? {} : { directory }) };
    const step = this.#meter('server', 'advertise-keys', () => startServer(start));
    this.#server = step.state;
    this.#apply(step, 'advertise-keys');
    this.#startFlapping();
  }

  run(): VirtualRoundResult {
    while (this.#end === undefined) {
      if (!this.#clock.step()) throw new CairnError('internal', `nothing can happen any more in ${this.#server.name}`);
    }
    const { now } = this.#clock;
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
      up: this.#up,
      down: this.#down,
      seconds: now,
      happened: this.#happened,
      waiting: all.filter((member) => member.waiting).map(({ id }) => id),
    };
  }

  // The coordinator.

  #step(input: ServerInput): CairnError | undefined {
    const { name } = this.#server;
    const phase: Phase = isCollecting(name) ? name : 'computing';
    const step = this.#meter('server', phase, () => stepServer(this.#server, input));
    this.#apply(step, phase);
    return step.refusal;
  }

  /** Does what a step says. Making its messages counts for the phase that it ended. */
  #apply(step: ServerStep, phase: Phase): void {
    this.#server = step.state;
    if (step.refusal !== undefined) this.#ignored.push(step.refusal);
    for (const secret of step.wipe) secret.wipe();
    this.#options.onWiped?.(step.wipe);
    if ('facts' in step.state) this.#parameters = step.state.facts.parameters;
    for (const event of step.events) if (event.kind === 'state' && isCollecting(event.name)) this.#entered(event.name);
    const { name } = step.state;
    for (const outgoing of step.send) {
      const message = { ...outgoing, bytes: () => this.#meter('server', phase, outgoing.bytes) };
      this.#sendDown({ message, state: outgoing.last === true || !isCollecting(name) ? undefined : name });
    }
    for (const event of step.events) this.#handle(event);
  }

  #entered(state: CollectingState): void {
    const { deadlines = DEFAULT_DEADLINES } = this.#options;
    const inState = (run: () => void) => (): void => {
      if (this.#server.name === state) run();
    };
    this.#clock.after(
      deadlines[state],
      inState(() => this.#step({ kind: 'deadline' })),
    );
    for (const onset of this.#faults.onsetsOf(state)) {
      if (onset.kind === 'partition') this.#clock.after(onset.after, () => this.#part(onset.members, onset.seconds));
      else
        this.#clock.after(
          onset.after,
          inState(() => this.#abandon(state)),
        );
    }
  }

  #abandon(state: CollectingState): void {
    this.#happened.abandon++;
    this.#step({ kind: 'abandon', error: new CairnError('round-abandoned', `the coordinator gave up in ${state}`) });
  }

  #handle(event: ServerEvent): void {
    if (event.kind === 'committed' || event.kind === 'aborted') this.#end = event;
    if (event.kind !== 'unmask-plan') return;
    const correction = this.#meter('server', 'computing', () => computePlan(event.plan, this.#options.primitives));
    this.#clock.after(0, () => {
      this.#step({ kind: 'unmasked', correction });
      correction.wipe();
    });
  }

  /** Everybody learns how the round ended, on a connection that stands again if need be. */
  #tellOutcome(end: RoundEnd): void {
    const { suite } = this.#options.settings;
    const header = { suite, context: this.#server.context.settingsHash };
    const included = new Set(end.kind === 'committed' ? end.included : []);
    for (const member of this.#members.values()) {
      if (!member.waiting) continue;
      const bytes =
        end.kind === 'committed'
          ? encodeOutcome({ ...header, kind: 'committed', included: included.has(member.id), modelHash: NO_HASH })
          : encodeOutcome({ ...header, kind: 'abandoned', code: end.error.code, message: '' });
      this.#down.add(member.id, 'outcome', bytes.length);
      member.receive(bytes);
    }
  }

  // The way down.

  #sendDown(downward: Downward): void {
    const member = this.#members.get(downward.message.to)!;
    if (member.dead) return;
    member.link.keepDown(downward);
    if (member.link.connected) this.#setOutDown(member, downward);
  }

  #setOutDown(member: VirtualMember, { message, state }: Downward): void {
    const fate = this.#fateOf(member, 'down', state);
    const arrive = (): void => {
      if (member.dead) return;
      const made = message.bytes();
      const bytes = this.#suffer(made, fate);
      this.#down.add(member.id, stateOf(made) ?? 'outcome', bytes.length);
      const answers = member.receive(bytes);
      if (answers === 'input') this.#sendUp(member, 'masked-input', () => member.maskInput());
      else for (const answer of answers) this.#sendUp(member, stateOf(answer), () => [answer]);
    };
    this.#travel(member, 'down', fate, () => {
      for (const after of fate.copies) this.#clock.after(after, arrive);
      arrive();
    });
  }

  // The way up.

  #sendUp(member: VirtualMember, state: CollectingState | undefined, make: () => readonly Uint8Array[]): void {
    if (member.dead) return;
    if (state !== undefined && this.#faults.deaths.get(member.id)?.state === state) {
      this.#die(member);
      return;
    }
    const upward: Upward = { state, make, acknowledgedAt: undefined };
    member.link.keepUp(upward, this.#clock.now);
    if (member.link.connected) this.#setOutUp(member, upward);
  }

  #setOutUp(member: VirtualMember, upward: Upward): void {
    const fate = this.#fateOf(member, 'up', upward.state);
    this.#travel(member, 'up', fate, () => {
      const messages = upward.make();
      const refused = messages.map((bytes) => this.#arriveUp(member, bytes, fate)).includes(true);
      for (const after of fate.copies) {
        // A copy at once needs not be kept.
        const again = (): void => messages.forEach((bytes) => this.#arriveUp(member, bytes, fate));
        if (after === 0) again();
        else this.#clock.after(after, again);
      }
      upward.acknowledgedAt ??= this.#clock.now + this.#latency();
      // What the coordinator has taken, it refuses the second time by its header, before it asks for the rest.
      const kept = refused ? messages : messages.map((bytes) => bytes.slice(0, HEADER_LENGTH));
      upward.make = () => kept;
    });
  }

  /** @returns whether the coordinator refused it */
  #arriveUp(member: VirtualMember, message: Uint8Array, fate: Fate): boolean {
    if (this.#end !== undefined) return true;
    const bytes = this.#suffer(message, fate);
    this.#up.add(member.id, stateOf(message) ?? 'outcome', bytes.length);
    const before = member.link.unanswered.length;
    const refusal = this.#step({ kind: 'message', from: member.id, bytes });
    if (refusal === undefined) member.link.answered(before);
    return refusal !== undefined;
  }

  // The network between.

  #latency(): number {
    return draw((this.#options.network ?? DEFAULT_NETWORK).latency, this.#random);
  }

  #fateOf(member: VirtualMember, direction: 'up' | 'down', state: CollectingState | undefined): Fate {
    const fate = this.#faults.fateOf({ member: member.id, direction, state });
    if (fate.overtaken) this.#happened.reorder++;
    else if (fate.delay > 0) this.#happened.delay++;
    return fate;
  }

  /** Lets a message arrive in its time, unless its connection breaks before. */
  #travel(member: VirtualMember, direction: 'up' | 'down', fate: Fate, arrive: () => void): void {
    const { link } = member;
    const { epoch } = link;
    const departure = this.#departures++;
    const at = link.arrival(direction, this.#clock.now + this.#latency() + fate.delay, fate.overtaken);
    this.#clock.at(at, () => {
      if (link.epoch !== epoch) {
        this.#happened.lost++;
        return;
      }
      if (departure < this.#latest[direction]) this.#happened.overtaken++;
      this.#latest[direction] = Math.max(this.#latest[direction], departure);
      this.#happened.duplicate += fate.copies.length;
      arrive();
    });
  }

  #suffer(bytes: Uint8Array, { corrupt }: Fate): Uint8Array {
    if (corrupt === undefined) return bytes;
    this.#happened.corrupt++;
    return corrupt(bytes);
  }

  #break(member: VirtualMember): void {
    const { grace } = this.#options.network ?? DEFAULT_NETWORK;
    const { id, link } = member;
    if (!link.break(this.#clock.now)) return;
    const { epoch } = link;
    this.#clock.after(grace, () => {
      if (!link.connected && link.epoch === epoch) this.#step({ kind: 'leave', member: id, reason: 'member-left' });
    });
  }

  #mend(member: VirtualMember): void {
    const { link } = member;
    if (!link.mend() || member.dead) return;
    this.#happened.again += link.unanswered.length + link.unacknowledged.length;
    for (const downward of [...link.unanswered]) this.#setOutDown(member, downward);
    for (const upward of [...link.unacknowledged]) this.#setOutUp(member, upward);
  }

  #die(member: VirtualMember): void {
    this.#happened.drop++;
    member.die();
    if (this.#faults.deaths.get(member.id)?.noticed === 'connection') this.#break(member);
  }

  #part(group: readonly MemberId[], seconds: number): void {
    for (const id of group) {
      const member = this.#members.get(id)!;
      this.#happened.partition++;
      this.#break(member);
      this.#clock.after(seconds, () => this.#mend(member));
    }
  }

  #startFlapping(): void {
    for (const { member: id, away, between } of this.#faults.flapping) {
      const member = this.#members.get(id)!;
      const leave = (): void => {
        if (member.dead) return;
        this.#happened.flapping++;
        this.#break(member);
        this.#clock.after(Math.max(SHORTEST, away()), () => {
          this.#mend(member);
          this.#clock.after(Math.max(SHORTEST, between()), leave);
        });
      };
      this.#clock.after(between(), leave);
    }
  }
}
