import { Random } from '../../training/index.ts';
import type { AdversaryClass, CollectingState } from '../../protocol/schemes/secagg/index.ts';
import type { MemberId } from '../../protocol/ids.ts';
import { draw } from './distribution.ts';
import { COLLECTING_STATES } from '../../protocol/rounds/index.ts';
import { statesOf } from './states.ts';
import { corrupted } from './corrupt.ts';
import type { Fault, FaultKind } from './script.ts';
import { select } from './select.ts';

/** How a member dies. */
export interface Death {
  readonly state: CollectingState;
  readonly noticed: 'connection' | 'deadline';
}

/** A message in transit. */
export interface Passing {
  readonly member: MemberId;
  readonly direction: 'up' | 'down';
  /** The state it belongs to; undefined for the ends of rounds. */
  readonly state: CollectingState | undefined;
}

/** What happens to a message in transit. */
export interface Fate {
  /** Seconds added to the latency. */
  readonly delay: number;
  /** Whether others of the same connection may overtake it. */
  readonly overtaken: boolean;
  /** Seconds after the message at which each copy arrives. */
  readonly copies: readonly number[];
  /** Changes its bytes. */
  readonly corrupt: ((bytes: Uint8Array) => Uint8Array) | undefined;
}

/** One member that loses its connection repeatedly. */
export interface Flapping {
  readonly member: MemberId;
  readonly away: () => number;
  readonly between: () => number;
}

/** A fault that begins with a state of the coordinator. */
export type Onset =
  | {
      readonly kind: 'partition';
      readonly after: number;
      readonly seconds: number;
      readonly members: readonly MemberId[];
    }
  | { readonly kind: 'abandon'; readonly after: number };

/** The round for which faults are drawn. */
export interface FaultScene {
  readonly members: readonly MemberId[];
  readonly adversary: AdversaryClass;
  /** The same seed, faults and members give the same plan. An integer from 0 to 2^53 − 1. */
  readonly seed: number;
}

type Of<Kind extends FaultKind> = Extract<Fault, { kind: Kind }>;

interface Hit<F extends Fault> {
  readonly fault: F;
  readonly members: ReadonlySet<MemberId>;
  readonly random: Random;
}

const NO_FATE: Fate = { delay: 0, overtaken: false, copies: [], corrupt: undefined };

/** The faults of one round: the members they hit are drawn at once, the amounts when they happen. */
export class FaultPlan {
  /** Members that die, and when. */
  readonly deaths: ReadonlyMap<MemberId, Death>;
  readonly flapping: readonly Flapping[];
  readonly #passing: readonly Hit<Of<'delay' | 'reorder' | 'duplicate' | 'corrupt'>>[];
  readonly #onsets: readonly (Hit<Of<'partition'>> | Hit<Of<'abandon'>>)[];

  constructor(faults: readonly Fault[], { members, adversary, seed }: FaultScene) {
    const states = statesOf(adversary);
    const hits = faults.map((fault, i): Hit<Fault> => {
      const random = new Random(seed, `fault ${i}`);
      return { fault, random, members: fault.kind === 'abandon' ? new Set() : select(whoOf(fault), members, random) };
    });
    const of = <Kind extends FaultKind>(...kinds: Kind[]): Hit<Of<Kind>>[] =>
      hits.filter(({ fault }) => (kinds as FaultKind[]).includes(fault.kind)) as Hit<Of<Kind>>[];
    this.deaths = deathsOf(of('drop'), members, states);
    this.flapping = of('flapping').flatMap(({ fault, members: flapping, random }) =>
      [...flapping].map((member) => {
        const own = new Random(random.next(), `flapping ${member}`);
        return { member, away: () => draw(fault.away, own), between: () => draw(fault.between, own) };
      }),
    );
    this.#passing = of('delay', 'reorder', 'duplicate', 'corrupt');
    this.#onsets = [...of('partition'), ...of('abandon')];
  }

  /** What happens to a message. Called once for each message sent. */
  fateOf(message: Passing): Fate {
    let fate = NO_FATE;
    for (const { fault, members, random } of this.#passing) {
      if (!members.has(message.member)) continue;
      if (fault.state !== undefined && fault.state !== message.state) continue;
      if (fault.direction !== undefined && fault.direction !== message.direction) continue;
      fate = befall(fate, fault, random);
    }
    return fate;
  }

  /** The faults that begin with a state. */
  onsetsOf(state: CollectingState): Onset[] {
    return this.#onsets
      .filter(({ fault }) => fault.state === state)
      .map(({ fault, members, random }): Onset => {
        const after = draw(fault.after, random);
        if (fault.kind === 'abandon') return { kind: 'abandon', after };
        return { kind: 'partition', after, seconds: draw(fault.seconds, random), members: [...members] };
      });
  }
}

function befall(fate: Fate, fault: Of<'delay' | 'reorder' | 'duplicate' | 'corrupt'>, random: Random): Fate {
  switch (fault.kind) {
    case 'delay':
      return { ...fate, delay: fate.delay + draw(fault.seconds, random) };
    case 'reorder':
      return { ...fate, delay: fate.delay + draw(fault.within, random), overtaken: true };
    case 'duplicate':
      return {
        ...fate,
        copies: [...fate.copies, ...Array.from({ length: fault.copies }, () => draw(fault.after, random))],
      };
    case 'corrupt': {
      const { corrupt = (bytes: Uint8Array) => bytes } = fate;
      return { ...fate, corrupt: (bytes) => corrupted(corrupt(bytes), fault, random) };
    }
  }
}

/** With "each", every member is drawn for in each state; `select` must not choose beforehand. */
const whoOf = (fault: Exclude<Fault, { kind: 'abandon' }>): Parameters<typeof select>[0] =>
  fault.kind === 'drop' && fault.state === 'each' ? {} : fault;

/** The first death counts if several faults kill a member. */
function deathsOf(
  hits: readonly Hit<Of<'drop'>>[],
  members: readonly MemberId[],
  states: readonly CollectingState[],
): ReadonlyMap<MemberId, Death> {
  const deaths = new Map<MemberId, Death>();
  for (const { fault, members: hit, random } of hits) {
    const { noticed } = fault;
    for (const member of members) {
      if (!hit.has(member)) continue;
      const state = stateOfDeath(fault, states, random);
      const known = deaths.get(member);
      if (
        state === undefined ||
        (known !== undefined && COLLECTING_STATES.indexOf(known.state) <= COLLECTING_STATES.indexOf(state))
      )
        continue;
      deaths.set(member, { state, noticed });
    }
  }
  return deaths;
}

function stateOfDeath(
  { state, probability }: Of<'drop'>,
  states: readonly CollectingState[],
  random: Random,
): CollectingState | undefined {
  if (state === 'any') return states[random.below(states.length)];
  if (state === 'each') return states.find(() => random.uniform() < probability!);
  return state;
}
