import { vectorLength } from '../../../protocol/quantize/index.ts';
import {
  type CollectingState,
  type RoundParameters,
  roundParameters,
  type RoundQuestion,
} from '../../../protocol/schemes/secagg/index.ts';
import { CairnError } from '../../../protocol/errors.ts';
import { LIMITS } from '../../../protocol/wire/index.ts';
import { shareOf } from '../../faults/select.ts';
import { invalid } from '../../laboratory/settings.ts';
import type { DropoutSettings } from './settings.ts';

/** One point of a sweep: a kind of round. */
export interface Point {
  readonly clients: number;
  readonly dim: number;
  readonly dropout: number;
  readonly state: CollectingState | 'any';
  readonly graph: 'auto' | 'complete' | 'ring';
  readonly adversary: 'curious' | 'active';
}

/** Each pair of members that share secrets costs memory in every session: at most this many pairs in total. */
const MAX_PAIRS = 2_500_000;

const listOf = <T>(value: T | readonly T[]): readonly T[] =>
  Array.isArray(value) ? (value as readonly T[]) : [value as T];

/** Every point of the sweep, and the additional ones. */
export function pointsOf(settings: DropoutSettings): Point[] {
  const points: Point[] = [];
  for (const adversary of listOf(settings.adversary))
    for (const graph of listOf(settings.graph))
      for (const dim of listOf(settings.dim))
        for (const clients of listOf(settings.clients))
          for (const state of listOf(settings.state))
            for (const dropout of listOf(settings.dropout))
              points.push({ clients, dim, dropout, state, graph, adversary });
  const [first] = points;
  for (const { clients, dim, dropout, state, graph, adversary } of settings.also) {
    points.push({
      clients: clients ?? first!.clients,
      dim: dim ?? first!.dim,
      dropout: dropout ?? first!.dropout,
      state: state ?? first!.state,
      graph: graph ?? first!.graph,
      adversary: adversary ?? first!.adversary,
    });
  }
  return points;
}

/** The round that a point describes, as a question to the finder. */
export function questionOf(settings: DropoutSettings, point: Point): RoundQuestion {
  const { colluding, tolerated, threshold } = settings;
  const { clients: n, graph, adversary } = point;
  return { n, graph, adversary, colluding, dropout: tolerated, threshold };
}

/** Approximate seconds of one core per round; fitted on two cores from 2020. */
export function costOf(settings: DropoutSettings, point: Point): number {
  const { degree } = roundParameters(questionOf(settings, point));
  const { clients, dim, dropout, adversary, state } = point;
  const dropped = shareOf(clients, dropout);
  const inputs = state === 'unmasking' || state === 'consistency-check' ? clients : clients - dropped;
  const agreements = clients * degree * (adversary === 'active' ? 0.6e-3 : 0.22e-3);
  const leftover = state === 'masked-input' || state === 'any' ? dropped * degree : 0;
  const expansions = (inputs * (degree + 2) + leftover) * vectorLength({ dimension: dim });
  return 1e-3 + agreements + expansions * 2.2e-9 + clients * dim * 8e-9;
}

/** Number of rounds of a point: as requested, or about two seconds' worth, from 1 to 100. */
export function repeatsOf(settings: DropoutSettings, point: Point): number {
  if (settings.repeats > 0) return settings.repeats;
  return Math.max(1, Math.min(100, Math.floor(2 / costOf(settings, point))));
}

/**
 * Refuses a point for which no round can be run, or none on this machine.
 * @throws CairnError `settings-invalid` naming the bound
 */
export function checkPoint(settings: DropoutSettings, point: Point): RoundParameters {
  const { clients, dim, state, adversary } = point;
  if (state === 'consistency-check' && adversary === 'curious') {
    throw invalid('state: a curious round has no consistency-check', 'take another state, or adversary active');
  }
  const length = vectorLength({ ...SCHEME, dimension: dim });
  if (length > LIMITS.coordinates) {
    throw invalid(
      `dim: a vector has at most ${LIMITS.coordinates} words, but ${dim} parameters need ${length}`,
      'lower dim',
    );
  }
  const greatest = Math.floor((2 ** 32 - 1) / (2 ** settings.inputBits - 2));
  if (clients > greatest) {
    const { inputBits } = settings;
    throw invalid(
      `inputBits: sums of ${clients} values of ${inputBits} bits do not fit 32 bits; ${greatest} clients would`,
      'lower inputBits or clients',
    );
  }
  let found: RoundParameters;
  try {
    found = roundParameters(questionOf(settings, point));
  } catch (thrown) {
    if (!(thrown instanceof CairnError)) throw thrown;
    throw invalid(`clients ${clients}, graph ${point.graph}: ${thrown.message}`, thrown.hint, thrown);
  }
  if (clients * found.degree > MAX_PAIRS) {
    throw invalid(
      `clients: ${clients} members with ${found.degree} neighbours each make ${clients * found.degree} pairs; at most ${MAX_PAIRS} fit here`,
      'lower clients, or take a ring against a curious coordinator',
    );
  }
  return found;
}

const SCHEME = { clip: 1, inputBits: 16, modulusBits: 32, maxCohort: 2, maxExamples: 1, lossBound: 1 };
