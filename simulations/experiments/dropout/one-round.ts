import { type RandomSource, unsafeSeededRandom, utf8 } from '../../../protocol/crypto/index.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/index.ts';
import type { MemberId } from '../../../protocol/ids.ts';
import { minModulusBits, vectorLength } from '../../../protocol/quantize/index.ts';
import type { DropEffect } from '../../../protocol/schemes/secagg/index.ts';
import { firstMembers, virtualMembership } from '../../engine/members.ts';
import { Stopwatch } from '../../engine/meter.ts';
import { runVirtualRound, type VirtualRoundResult } from '../../engine/round.ts';
import { virtualSettings } from '../../engine/settings.ts';
import { equalSums, plainSum } from '../../engine/sums.ts';
import type { ByPhase } from '../../engine/tally.ts';
import { readFaults } from '../../faults/script.ts';
import { defineWorkerTask } from '../../laboratory/worker.ts';
import type { Point } from './points.ts';
import type { DropoutSettings } from './settings.ts';

/** Makes the members' vectors differ; odd, so that no two members of a round have the same one. */
const STEP = 0x9e37_79b1;

/**
 * Quantized vectors for every member, over the whole range that inputBits allow. They are derived from one vector of
 * random words, so that creating one takes a fraction of the time of masking it, and none needs to be kept.
 */
function virtualInputs(
  random: RandomSource,
  length: number,
  { inputBits, modulusBits }: { readonly inputBits: number; readonly modulusBits: number },
): (member: MemberId) => Uint32Array {
  const base = new Uint32Array(random(4 * length).buffer, 0, length);
  const top = 2 ** (inputBits - 1) - 1;
  const unused = 32 - inputBits;
  const modulus = modulusBits === 32 ? 0xffff_ffff : 2 ** modulusBits - 1;
  return (member) => {
    const step = Math.imul(STEP, member);
    const values = new Uint32Array(length);
    for (let i = 0; i < length; i++) {
      const word = (base[i]! + step) >>> unused;
      values[i] = ((word > 2 * top ? 0 : word) - top) & modulus;
    }
    return values;
  };
}

/** Input of one round: the same input gives the same result. */
export interface RoundInput {
  readonly point: Point;
  readonly settings: Pick<
    DropoutSettings,
    'colluding' | 'tolerated' | 'threshold' | 'dropping' | 'inputBits' | 'faults'
  >;
  /** An integer from 0 to 2^53 − 1. */
  readonly seed: number;
}

/** The outcome of one round. */
interface RoundOutput {
  readonly committed: boolean;
  /** Whether the sum equals that of the inputs that count, bit for bit; null if there is none. */
  readonly sumExact: boolean | null;
  /** Code of the error that ended it. */
  readonly code: string | null;
  readonly included: readonly number[];
  readonly drops: Readonly<Record<DropEffect, number>>;
  readonly graph: string | null;
  readonly degree: number | null;
  readonly threshold: number | null;
  readonly virtualSeconds: number;
  /** Per client: the median over those that count, or over all if none does. */
  readonly up: ByPhase;
  readonly down: ByPhase;
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Of all clients together. */
  readonly totalUp: number;
  readonly totalDown: number;
  /** Milliseconds: the median client's, and the coordinator's. */
  readonly clientMs: ByPhase;
  readonly serverMs: ByPhase;
  /** Over all phases: the median of the clients' sums. */
  readonly clientTotalMs: number;
}

/** Runs one round of a point through the real sessions, and checks its sum against the plain one. */
export const oneRound = defineWorkerTask(
  import.meta.url,
  'oneRound',
  ({ point, settings, seed }: RoundInput): RoundOutput => {
    const { clients, dim, dropout, state, graph, adversary } = point;
    const { colluding, tolerated, threshold, dropping, inputBits } = settings;
    const primitives = nodePrimitives;
    const random = unsafeSeededRandom(primitives.sha256(utf8(`dropout ${seed}`)));
    const members = firstMembers(clients);
    const membership = adversary === 'active' ? virtualMembership(primitives, random, clients) : undefined;
    const round = virtualSettings(random, {
      adversary,
      graph,
      dimension: dim,
      maxCohort: clients,
      colludingPpm: Math.round(colluding * 1_000_000),
      dropoutPpm: Math.round(tolerated * 1_000_000),
      threshold,
      inputBits,
      modulusBits: minModulusBits(inputBits, clients),
      ...(membership === undefined ? {} : { directoryHash: membership.directory.hash }),
    });
    const inputOf = virtualInputs(random, vectorLength(round), round);
    const who = dropping === 'exact' ? { share: dropout } : { probability: dropout };
    const faults = readFaults([{ kind: 'drop', ...who, state }, ...further(settings.faults)]);
    const watch = new Stopwatch(members);
    const result = runVirtualRound({
      primitives,
      random,
      settings: round,
      members,
      inputOf,
      faults,
      seed,
      meter: watch.meter,
      ...(membership === undefined ? {} : { membership }),
    });
    const { sum, included, parameters, up, down } = result;
    const counted = included.length > 0 ? included : members;
    return {
      committed: result.committed,
      sumExact: sum === undefined ? null : equalSums(sum, plainSum(round, included, inputOf)),
      code: result.error?.code ?? null,
      included: [...included],
      drops: dropsByEffect(result),
      graph: parameters?.graph ?? null,
      degree: parameters?.degree ?? null,
      threshold: parameters?.threshold ?? null,
      virtualSeconds: result.seconds,
      up: up.median(counted),
      down: down.median(counted),
      bytesUp: up.medianTotal(counted),
      bytesDown: down.medianTotal(counted),
      totalUp: up.total,
      totalDown: down.total,
      clientMs: watch.clients.median(counted),
      serverMs: watch.server,
      clientTotalMs: watch.clients.medianTotal(counted),
    };
  },
);

/** The faults of a JSON script; none if the text is empty. @throws CairnError `settings-invalid` */
export function further(text: string): ReturnType<typeof readFaults> {
  if (text.trim() === '') return [];
  let script: unknown;
  try {
    script = JSON.parse(text);
  } catch {
    script = text;
  }
  return readFaults(script);
}

function dropsByEffect({ drops }: VirtualRoundResult): Record<DropEffect, number> {
  const counts: Record<DropEffect, number> = { 'before-input': 0, 'after-input': 0, 'without-unmasking': 0 };
  for (const { effect } of drops) counts[effect]++;
  return counts;
}

/** Whether faults of a script are run in addition to the dropouts. @throws CairnError `settings-invalid` */
export function hasFurtherFaults({ faults }: Pick<DropoutSettings, 'faults'>): boolean {
  return further(faults).length > 0;
}
