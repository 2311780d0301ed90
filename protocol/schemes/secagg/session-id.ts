import { u32le } from '../../crypto/bytes.ts';
import { ChaChaStream } from '../../crypto/chacha.ts';
import type { Primitives } from '../../crypto/primitives.ts';
import { type Label, LABELS } from '../../crypto/suite.ts';
import { deriveKey, transcript } from '../../crypto/transcript.ts';
import { type ClientIndex, clientIndex } from '../../ids.ts';
import { type Advertisement, encodeAdvertisement } from './messages/advertise-keys.ts';
import { ByteWriter } from '../../wire/writer.ts';
import type { RosterBody } from './messages/roster.ts';
import { drawFrom } from './graph/draw.ts';
import { completeGraph, type Graph, permutationFrom, ringGraph } from './graph/index.ts';
import type { RoundSettings } from '../../wire/settings.ts';
import { type RoundParameters, roundParameters } from './parameters/index.ts';

/** A roster leaf: the hash of one member's advertisement, including its signature. */
export function rosterLeaf(primitives: Primitives, advertisement: Advertisement): Uint8Array {
  return transcript(primitives, LABELS.rosterLeaf, encodeAdvertisement(advertisement));
}

/**
 * The session id: a hash of the round's settings (and with them the model's hash), the members' ids in ascending order,
 * and the Merkle root over every round-0 message in the same order. Each client computes it for itself. It hashes all
 * ids directly, so that a client that is shown only its neighbours still knows that there are as many others as
 * claimed: a Merkle root alone would let one colluder take many places.
 */
export function sessionIdOf(
  primitives: Primitives,
  settingsHash: Uint8Array,
  ids: readonly number[],
  root: Uint8Array,
): Uint8Array {
  const listed = new ByteWriter(4 * ids.length);
  for (const id of ids) listed.u32(id);
  return transcript(primitives, LABELS.session, settingsHash, u32le(ids.length), listed.finish(), root);
}

/** Settings give shares of members in millionths. */
const MILLION = 1_000_000;

/**
 * Degree, threshold, witnesses and quorum of a session of n members. Both sides call this, so they cannot differ.
 * @throws CairnError `threshold-unsound`, `no-feasible-graph`, `settings-invalid`
 */
export function sessionParameters(settings: RoundSettings, n: number): RoundParameters {
  const { graph, adversary, threshold, colludingPpm, dropoutPpm } = settings;
  return roundParameters({
    n,
    graph,
    adversary,
    threshold,
    colluding: colludingPpm / MILLION,
    dropout: dropoutPpm / MILLION,
  });
}

/**
 * Which members are neighbours. The ring is permuted by randomness that every member's keys contribute to (SecAgg+,
 * Bell et al. 2020 §3), so the coordinator does not choose it.
 */
export function sessionGraph(
  primitives: Primitives,
  parameters: Pick<RoundParameters, 'graph' | 'n' | 'degree'>,
  sessionId: Uint8Array,
  root: Uint8Array,
): Graph {
  if (parameters.graph === 'complete') return completeGraph(parameters.n);
  const permutation = withDraws(primitives, sessionId, root, LABELS.permutation, (next) =>
    permutationFrom(parameters.n, next),
  );
  return ringGraph(parameters.n, parameters.degree, permutation);
}

/**
 * The witnesses of a session, ascending: the members whose signatures over the survivor set count. Like the ring they
 * are drawn by randomness that every member's keys contribute to, by each side for itself. Curious rounds have none.
 */
export function sessionWitnesses(
  primitives: Primitives,
  { n, witnesses }: RoundParameters,
  sessionId: Uint8Array,
  root: Uint8Array,
): readonly ClientIndex[] {
  if (witnesses === n) return Array.from({ length: n }, (_, index) => clientIndex(index));
  return withDraws(primitives, sessionId, root, LABELS.witnesses, (next) => drawFrom(n, witnesses, next)).map(
    clientIndex,
  );
}

/** Runs with uniform numbers that follow from the roster. */
function withDraws<T>(
  primitives: Primitives,
  sessionId: Uint8Array,
  root: Uint8Array,
  label: Label,
  run: (nextUniform: (bound: number) => number) => T,
): T {
  const key = deriveKey(primitives, root, sessionId, label);
  const stream = new ChaChaStream(key.expose(), 20);
  try {
    return run((bound) => stream.uniform(bound));
  } finally {
    stream.wipe();
    key.wipe();
  }
}

/** How a roster is shown: in full on the complete graph; on a ring all ids, and the recipient's neighbours with proofs. */
export function rosterKind({ graph }: Pick<RoundParameters, 'graph'>): RosterBody['kind'] {
  return graph === 'complete' ? 'full' : 'proven';
}
