import { nodePrimitives } from '../protocol/crypto/node/native.ts';
import { systemRandom } from '../protocol/crypto/random.ts';
import { type MemberId, memberId } from '../protocol/ids.ts';
import { vectorLength } from '../protocol/aggregation/index.ts';
import { roundParameters } from '../protocol/aggregation/parameters/index.ts';
import { type Meter, plainSum, runVirtualRound, virtualMembership, virtualSettings } from '../simulations/index.ts';
import { median } from './statistics.ts';

/** A round to measure. */
export interface RoundShape {
  readonly n: number;
  /** Model coordinates. */
  readonly d: number;
  /** Share of members that drop after sharing keys and before their masked input, the worst case. */
  readonly drop: number;
  readonly graph: 'complete' | 'ring';
  readonly adversary: 'curious' | 'active';
}

/** What a round cost, on one thread; bytes and client time are those of a client that stayed. */
export interface RoundCost extends RoundShape {
  readonly k: number;
  readonly t: number;
  /** Median over the clients, all states added up. */
  readonly clientMs: number;
  readonly serverMs: number;
  /** Bytes of one client: sent, and received. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly exact: boolean;
}

/** Runs one round through the real sessions, every client and every mask computed, and checks the sum bit for bit. */
export function benchRound(shape: RoundShape): RoundCost {
  const { n, d, drop, graph, adversary } = shape;
  const primitives = nodePrimitives;
  const membership = adversary === 'active' ? virtualMembership(primitives, systemRandom, n) : undefined;
  const settings = virtualSettings(systemRandom, {
    adversary,
    graph,
    dimension: d,
    maxCohort: n,
    colludingPpm: 50_000,
    dropoutPpm: Math.round(Math.max(drop, 0.05) * 1_000_000),
    ...(membership === undefined ? {} : { directoryHash: membership.directory.hash }),
  });
  // One vector of random values, moved on by the member's id: what is summed does not change what a sum costs.
  const length = vectorLength(settings);
  const values = new Uint32Array(systemRandom(4 * length).buffer);
  const inputOf = (member: MemberId): Uint32Array => values.map((value) => value + member);
  const dropped = Math.floor(n * drop);
  const dropBefore = new Map(Array.from({ length: dropped }, (_, i) => [memberId(i + 1), 'masked-input' as const]));

  const spent = new Map<MemberId | 'server', number>();
  const meter: Meter = (party, work) => {
    const from = performance.now();
    const result = work();
    spent.set(party, (spent.get(party) ?? 0) + performance.now() - from);
    return result;
  };
  const result = runVirtualRound({
    primitives,
    random: systemRandom,
    settings,
    n,
    inputOf,
    dropBefore,
    meter,
    ...(membership === undefined ? {} : { membership }),
  });
  const expected = plainSum(settings, result.included, inputOf);
  const exact = result.sum !== undefined && result.sum.every((value, i) => value === expected[i]);
  const stayed = [...spent].flatMap(([party, ms]) => (party === 'server' || party <= dropped ? [] : [ms]));
  const { degree, threshold } = roundParameters({
    n,
    graph,
    adversary,
    colluding: 0.05,
    dropout: Math.max(drop, 0.05),
    threshold: 0,
  });
  return {
    ...shape,
    k: degree,
    t: threshold,
    clientMs: median(stayed),
    serverMs: spent.get('server') ?? 0,
    bytesUp: Math.round(result.bytesUp / n),
    bytesDown: Math.round(result.bytesDown / n),
    exact,
  };
}
