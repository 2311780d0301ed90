import { vectorLength } from '../../protocol/quantize/index.ts';
import { type Outgoing, roundParameters } from '../../protocol/schemes/secagg/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/index.ts';
import { systemRandom } from '../../protocol/crypto/index.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { MaskVector } from '../../protocol/kernels/index.ts';
import { encodeOutcome, NO_HASH, type RoundSettings } from '../../protocol/wire/index.ts';
import { virtualSettings } from '../../simulations/index.ts';
import { median, medianOfEach } from '../support/statistics.ts';
import type { Computer } from './compute.ts';
import { Inputs } from './inputs.ts';
import { MeteredServer, type ServerPhase } from './metered-server.ts';
import { CLIENT_PHASES, type ClientPhase, RealClient } from './real-client.ts';
import { type Cast, castOf, type RoundShape } from './shape.ts';
import { SimulatedClients } from './simulated-clients.ts';

/** γ and δ of every ring here: sized for 10 % colluding and up to 30 % dropping members, so k = 88 at n = 1000. */
const COLLUDING = 0.1;
const DROPOUT = 0.3;
const MILLION = 1_000_000;

/** Degree and threshold of a round of this shape. */
export function parametersOf({ n, graph }: RoundShape): { readonly k: number; readonly t: number } {
  const question = { n, graph, adversary: 'curious', colluding: COLLUDING, dropout: DROPOUT, threshold: 0 } as const;
  const { degree, threshold } = roundParameters(question);
  return { k: degree, t: threshold };
}

/** One round, measured. */
export interface Measured {
  /** Medians over the surviving real clients. */
  readonly clientPhasesMs: Readonly<Record<ClientPhase, number>>;
  readonly serverPhasesMs: Readonly<Record<ServerPhase, number>>;
  /** Time that each of the computers takes for the plan. */
  readonly computingMs: readonly number[];
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly exact: boolean;
}

/**
 * Runs one round in the curious model through the real server session, with real client sessions for some of the
 * members and simulated ones for the others (see {@link SimulatedClients}), and checks the sum bit for bit.
 * @param computers each computes the plan; the first one's time counts as the server's
 */
export async function measureRound(shape: RoundShape, computers: readonly Computer[]): Promise<Measured> {
  const { n, d, graph } = shape;
  const settings = virtualSettings(systemRandom, {
    graph,
    dimension: d,
    maxCohort: n,
    colludingPpm: COLLUDING * MILLION,
    dropoutPpm: DROPOUT * MILLION,
  });
  const round = new MeasuredRound(settings, castOf(shape), n);
  round.talk();
  return round.end(computers);
}

class MeasuredRound {
  readonly #settings: RoundSettings;
  readonly #cast: Cast;
  readonly #server = new MeteredServer();
  readonly #real = new Map<MemberId, RealClient>();
  readonly #simulated: SimulatedClients;
  readonly #inputs: Inputs;
  readonly #members: readonly MemberId[];

  constructor(settings: RoundSettings, cast: Cast, n: number) {
    this.#settings = settings;
    this.#cast = cast;
    this.#inputs = new Inputs(vectorLength(settings), settings.modulusBits);
    this.#members = Array.from({ length: n }, (_, i) => (i + 1) as MemberId);
    for (const member of cast.real) this.#real.set(member, new RealClient());
    this.#simulated = new SimulatedClients(
      {
        primitives: nodePrimitives,
        random: systemRandom,
        settings,
        cast,
        inputOf: (member) => this.#inputs.of(member),
      },
      this.#members.filter((member) => !cast.real.has(member)),
    );
  }

  /** Runs from the invitations to the last share revealed. */
  talk(): void {
    const server = this.#server;
    const start = { primitives: nodePrimitives, settings: this.#settings, target: this.#members.length };
    const invitations = server.open({ ...start, invited: this.#members });
    const rosters = this.#exchange(invitations, (member, bytes) => this.#advertise(member, bytes));
    const routed = this.#exchange(rosters, (member, bytes) => this.#share(member, bytes));
    const requests = this.#exchange(routed, (member, bytes) => this.#input(member, bytes));
    const late = this.#cast.dropped.size > 0 ? server.deadline() : [];
    this.#exchange([...requests, ...late], (member, bytes) => this.#reveal(member, bytes));
  }

  async end(computers: readonly Computer[]): Promise<Measured> {
    const server = this.#server;
    const { plan } = server;
    if (plan === undefined) throw new Error('the round ended without an unmask plan');
    const computingMs: number[] = [];
    let exact = true;
    let first: MaskVector | undefined;
    for (const computer of computers) {
      const from = performance.now();
      const correction = await computer.compute(plan);
      computingMs.push(performance.now() - from);
      first ??= correction;
      const words = first.words();
      exact &&= correction.words().every((word, i) => word === words[i]);
    }
    server.finish(first!);
    const { committed } = server;
    exact &&= committed !== undefined && this.#isExact(committed.sum, committed.included);
    const phases = server.phasesMs;
    const stayed = [...this.#real].flatMap(([member, client]) => (this.#cast.dropped.has(member) ? [] : [client]));
    return {
      clientPhasesMs: medianOfEach(
        stayed.map(({ phasesMs }) => phasesMs),
        CLIENT_PHASES,
      ),
      serverPhasesMs: { ...phases, computing: phases.computing + computingMs[0]! },
      computingMs,
      bytesUp: median(stayed.map(({ bytesUp }) => bytesUp)),
      bytesDown: median(stayed.map(({ bytesDown }) => bytesDown)) + this.#outcomeBytes(),
      exact,
    };
  }

  /** Passes messages to their members one by one, and each answer to the server before the next. */
  #exchange(
    messages: readonly Outgoing[],
    answer: (member: MemberId, bytes: Uint8Array) => Uint8Array | undefined,
  ): readonly Outgoing[] {
    const next: Outgoing[] = [];
    for (const { to, bytes } of messages) {
      const reply = answer(to, bytes());
      if (reply !== undefined) for (const message of this.#server.receive(to, reply)) next.push(message);
    }
    return next;
  }

  #advertise(member: MemberId, invitation: Uint8Array): Uint8Array | undefined {
    const real = this.#real.get(member);
    if (real === undefined) return this.#simulated.advertise(member, this.#server.settingsHash);
    const policy = { adversary: 'curious', colluding: COLLUDING, minCohort: 2 } as const;
    return real.start({ primitives: nodePrimitives, random: systemRandom, policy, self: { member } }, invitation);
  }

  #share(member: MemberId, roster: Uint8Array): Uint8Array | undefined {
    const real = this.#real.get(member);
    return real === undefined ? this.#simulated.share(this.#server.facts, member) : real.receive(roster);
  }

  #input(member: MemberId, routed: Uint8Array): Uint8Array | undefined {
    const { facts } = this.#server;
    const real = this.#real.get(member);
    const dropped = this.#cast.dropped.has(member);
    if (real !== undefined) {
      real.receive(routed);
      return dropped ? undefined : real.input(this.#inputs.of(member));
    }
    if (dropped) return undefined;
    this.#simulated.takeShares(facts, member, routed);
    return this.#simulated.maskedInput(facts, member);
  }

  #reveal(member: MemberId, request: Uint8Array): Uint8Array | undefined {
    if (this.#cast.dropped.has(member)) return undefined;
    const real = this.#real.get(member);
    return real === undefined ? this.#simulated.reveal(this.#server.facts, member) : real.receive(request);
  }

  #isExact(sum: Uint32Array, included: readonly MemberId[]): boolean {
    const stayed = this.#members.filter((member) => !this.#cast.dropped.has(member));
    return stayed.length === included.length && this.#inputs.isSum(sum, stayed);
  }

  /** The last message of a round is the coordinator's, not the session's. */
  #outcomeBytes(): number {
    const header = { suite: this.#settings.suite, context: this.#server.settingsHash };
    return encodeOutcome({ ...header, kind: 'committed', included: true, modelHash: NO_HASH }).length;
  }
}
