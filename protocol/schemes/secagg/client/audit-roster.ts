import { equalBytes, toHex } from '../../../crypto/bytes.ts';
import { MerkleTree, verifyProof } from '../../../crypto/merkle.ts';
import { CairnError } from '../../../errors.ts';
import { clientIndex, memberId } from '../../../ids.ts';
import { type Advertisement, encodeAdvertisement } from '../messages/advertise-keys.ts';
import type { Roster } from '../messages/roster.ts';
import { entryFor } from '../../../wire/membership.ts';
import { type ClientPolicy, shareOf } from '../../../rounds/policy.ts';
import { assertSound, type RoundParameters } from '../parameters/index.ts';
import {
  rosterKind,
  rosterLeaf,
  sessionGraph,
  sessionIdOf,
  sessionParameters,
  sessionWitnesses,
} from '../session-id.ts';
import { checkAdvertisement } from '../signatures.ts';
import { reliesOnNoise } from '../../../rounds/consent/settings.ts';
import { assertRosterAllowed } from '../../../rounds/consent/one-set.ts';
import type { ClientContext, Neighbour, SessionParameters } from './types.ts';

/**
 * Audits a roster before anything in it is trusted: sizes and threshold by the client's own adversary model, its own
 * keys unaltered at their place, order and uniqueness of members and keys, identities, and — on a ring — that those
 * shown are exactly the neighbours that the joint randomness gives. Computes the session id for itself.
 * @throws CairnError with the code of what is wrong; see `docs/protocol.md`, refusals of the client
 */
export function auditRoster(context: ClientContext, own: Advertisement, roster: Roster): SessionParameters {
  const { primitives, settingsHash } = context;
  const parameters = auditSize(context, roster.size);
  const shown = membersOf(roster);
  const ids = roster.body.kind === 'proven' ? roster.body.ids : shown.map(({ advertisement }) => advertisement.member);
  auditIds(context, ids);
  if (!reliesOnNoise(context.policy, context.settings))
    assertRosterAllowed(context.history?.record, ids, context.settings);
  auditPlaces(ids, shown);
  auditOwn(own, roster.ownIndex, shown);
  for (const { index, advertisement } of shown) {
    // Its own advertisement was just compared byte for byte with what it sent.
    if (index === roster.ownIndex) continue;
    const directory = context.settings.adversary === 'active' ? context.self.directory : undefined;
    checkAdvertisement(context, directory, advertisement);
  }
  auditKeys(shown);
  const root = auditedRoot(context, parameters, roster, shown);
  const sessionId = sessionIdOf(primitives, settingsHash, ids, root);
  const graph = sessionGraph(primitives, parameters, sessionId, root);
  const neighbours = shown.filter(({ index }) => index !== roster.ownIndex);
  const expected = graph.neighbours(roster.ownIndex);
  if (expected.length !== neighbours.length || expected.some((index, i) => neighbours[i]!.index !== index)) {
    throw new CairnError(
      'roster-not-neighbours',
      'the members shown are not the neighbours that the roster’s root gives',
    );
  }
  const witnesses = sessionWitnesses(primitives, parameters, sessionId, root).map((index) => ({
    index,
    member: memberId(ids[index]!),
  }));
  const kept = context.history === undefined ? undefined : ids;
  return { sessionId, root, parameters, graph, ownIndex: roster.ownIndex, neighbours, witnesses, ids: kept };
}

function auditSize(context: ClientContext, n: number): RoundParameters {
  const { settings, policy } = context;
  const least = Math.max(settings.minCohort, policy.minCohort);
  if (n < least)
    throw new CairnError('cohort-too-small', `the roster has ${n} members, at least ${least} are required`);
  if (n > settings.maxCohort) {
    throw new CairnError(
      'overflow-budget',
      `the roster has ${n} members, but sums are sized for ${settings.maxCohort}`,
    );
  }
  if (n < settings.threshold) {
    throw new CairnError('too-few-members', `the roster has ${n} members, the threshold is ${settings.threshold}`);
  }
  const parameters = sessionParameters(settings, n);
  assertSound(parameters, policy);
  assertThreshold(parameters, policy);
  auditNoise(context, n, least);
  return parameters;
}

/**
 * Distributed noise is sized for no more clients than are honest in the smallest sum that this client helps to open, by
 * its own adversary model: colluders omit their share, or tell it to the coordinator.
 */
function auditNoise({ settings: { privacy }, policy }: ClientContext, n: number, least: number): void {
  if (privacy?.placement !== 'distributed') return;
  const honest = least - shareOf(n, policy.colluding);
  if (privacy.minHonestSurvivors <= honest) return;
  throw new CairnError(
    'privacy-noise',
    `the noise is sized for ${privacy.minHonestSurvivors} honest members, but a sum of ${least} out of ${n} may have only ${Math.max(0, honest)}`,
  );
}

function membersOf({ body, size }: Roster): readonly Neighbour[] {
  if (body.kind === 'proven') return body.members;
  if (body.advertisements.length !== size) throw new CairnError('roster-order', 'a full roster shows every member');
  return body.advertisements.map((advertisement, index) => ({ index: clientIndex(index), advertisement }));
}

/**
 * Every id of the roster, including members this client is not shown: they ascend, so no member appears twice, and in
 * an active round all are enrolled for the task. Otherwise a coordinator could give a few colluders many places of a
 * ring, and make up a cohort of any size around one client.
 */
function auditIds({ settings, self }: ClientContext, ids: readonly number[]): void {
  const directory = settings.adversary === 'active' ? self.directory : undefined;
  ids.forEach((id, index) => {
    if (index > 0 && id <= ids[index - 1]!) {
      throw new CairnError('roster-order', `member ${id} does not come after ${ids[index - 1]}`);
    }
    if (directory !== undefined) entryFor(directory, memberId(id), settings.task);
  });
}

/** The members shown are in ascending order, at the places that the list of ids gives them. */
function auditPlaces(ids: readonly number[], shown: readonly Neighbour[]): void {
  shown.forEach(({ index, advertisement }, i) => {
    if ((i > 0 && index <= shown[i - 1]!.index) || ids[index] !== advertisement.member) {
      throw new CairnError('roster-order', `member ${advertisement.member} is not at place ${index}`);
    }
  });
}

function auditOwn(own: Advertisement, ownIndex: number, shown: readonly Neighbour[]): void {
  const place = shown.find(({ index }) => index === ownIndex);
  if (place === undefined || !equalBytes(encodeAdvertisement(place.advertisement), encodeAdvertisement(own))) {
    throw new CairnError('own-key-altered', 'the roster does not show this client’s own keys at its place');
  }
}

/** No key appears twice, in one member or across two: a reflected key would let one open what is sealed to another. */
function auditKeys(shown: readonly Neighbour[]): void {
  const seen = new Set<string>();
  for (const { advertisement } of shown) {
    for (const key of [advertisement.cipherKey, advertisement.maskKey]) {
      const hex = toHex(key);
      if (seen.has(hex)) {
        throw new CairnError('key-duplicate', `a key of member ${advertisement.member} appears twice in the roster`, {
          culprits: [advertisement.member],
        });
      }
      seen.add(hex);
    }
  }
}

function auditedRoot(
  { primitives }: ClientContext,
  parameters: RoundParameters,
  roster: Roster,
  shown: readonly Neighbour[],
): Uint8Array {
  const { body, size } = roster;
  if (body.kind !== rosterKind(parameters)) {
    throw new CairnError(
      'roster-proof',
      `a ${parameters.graph} graph needs a ${rosterKind(parameters)} roster, but a ${body.kind} one arrived`,
    );
  }
  if (body.kind === 'full')
    return new MerkleTree(
      primitives,
      shown.map(({ advertisement }) => rosterLeaf(primitives, advertisement)),
    ).root;
  for (const { index, advertisement, proof } of body.members) {
    if (
      !verifyProof(primitives, { root: body.root, size, index, leaf: rosterLeaf(primitives, advertisement), proof })
    ) {
      throw new CairnError('roster-proof', `member ${advertisement.member} is not proven to be at place ${index}`, {
        culprits: [advertisement.member],
      });
    }
  }
  return body.root;
}

/** @throws CairnError `policy-threshold` if fewer shares open a secret than the client requires */
function assertThreshold({ threshold, n }: RoundParameters, { minThreshold = 0 }: ClientPolicy): void {
  if (threshold >= minThreshold) return;
  throw new CairnError(
    'policy-threshold',
    `${threshold} shares open a secret in a cohort of ${n}, this client asks for at least ${minThreshold}`,
  );
}
