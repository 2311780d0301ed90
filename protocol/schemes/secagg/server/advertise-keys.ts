import type { Message } from '../../../wire/header.ts';
import { toHex } from '../../../crypto/bytes.ts';
import { MerkleTree } from '../../../crypto/merkle.ts';
import { asCairnError, CairnError } from '../../../errors.ts';
import { type ClientIndex, clientIndex, type MemberId } from '../../../ids.ts';
import { type Advertisement, decodeAdvertiseKeys } from '../messages/advertise-keys.ts';
import { type ProvenMember, RosterEncoder } from '../messages/roster.ts';
import {
  rosterKind,
  rosterLeaf,
  sessionGraph,
  sessionIdOf,
  sessionParameters,
  sessionWitnesses,
} from '../session-id.ts';
import { checkAdvertisement } from '../signatures.ts';
import { presentAt } from './members.ts';
import { abort, abortFor, transition, unchanged } from './result.ts';
import type {
  Advertised,
  Outgoing,
  ServerContext,
  ServerEvent,
  ServerParameters,
  ServerState,
  ServerStep,
} from './types.ts';

type AdvertiseState = Extract<ServerState, { name: 'advertise-keys' }>;

/**
 * Round 0 (AdvertiseKeys, Bonawitz 2017 §4): one member's keys.
 * @throws CairnError `identity-…`, `key-invalid`, `key-duplicate`, `wire-…`: the member is dropped
 */
export function onAdvertiseKeys(state: AdvertiseState, from: MemberId, message: Message): ServerStep {
  const { context, advertised } = state;
  const { advertisement } = decodeAdvertiseKeys(message);
  if (advertisement.member !== from) {
    throw new CairnError(
      'identity-signature',
      `member ${from} advertises keys in the name of member ${advertisement.member}`,
    );
  }
  const directory = context.settings.adversary === 'active' ? context.directory : undefined;
  checkAdvertisement(context, directory, advertisement);
  // A copied key would make clients refuse the whole roster, so the copier is dropped here, not the round.
  const keys = [toHex(advertisement.cipherKey), toHex(advertisement.maskKey)];
  if (keys[0] === keys[1] || keys.some((key) => state.keys.has(key))) {
    throw new CairnError('key-duplicate', `member ${from} advertises a key that was already advertised`, {
      culprits: [from],
    });
  }
  for (const key of keys) state.keys.add(key);
  advertised.set(from, { advertisement, leaf: rosterLeaf(context.primitives, advertisement) });
  return unchanged(state);
}

/** Closes the roster: U1 is fixed, everything that follows from it is computed, and each member gets its roster. */
export function closeRoster(state: AdvertiseState, late: CairnError): ServerStep {
  const { context, advertised } = state;
  const sorted = [...advertised.values()].sort((a, b) => a.advertisement.member - b.advertisement.member);
  let facts: ServerParameters;
  try {
    facts = factsOf(context, sorted);
  } catch (thrown) {
    return abort(state, asCairnError(thrown));
  }
  const send = rostersFor(context, facts);
  const events: ServerEvent[] = [];
  for (const member of context.invited) {
    if (advertised.has(member) || context.lost.has(member)) continue;
    context.lost.add(member);
    send.push(abortFor(context, member, late));
    if (late.code === 'cohort-full') continue;
    const record = { member, state: state.name, reason: late.code, effect: 'before-input' } as const;
    context.drops.push(record);
    events.push({ kind: 'dropped', drop: record });
  }
  const waiting = presentAt(context, facts, facts.indexOf.values());
  const next: ServerState = {
    ...{ name: 'share-keys', context, facts, waiting },
    sealed: new Map(),
    commitments: new Map(),
  };
  return transition(next, sorted.length, send, events);
}

function factsOf(
  { primitives, settings, settingsHash }: ServerContext,
  sorted: readonly Advertised[],
): ServerParameters {
  const roster = sorted.map(({ advertisement }) => advertisement);
  if (roster.length < settings.threshold) {
    throw new CairnError(
      'below-threshold',
      `${roster.length} members advertised keys, the threshold is ${settings.threshold}`,
    );
  }
  const parameters = sessionParameters(settings, roster.length);
  const tree = new MerkleTree(
    primitives,
    sorted.map(({ leaf }) => leaf),
  );
  const sessionId = sessionIdOf(primitives, settingsHash, idsOf(roster), tree.root);
  return {
    sessionId,
    parameters,
    graph: sessionGraph(primitives, parameters, sessionId, tree.root),
    witnesses: sessionWitnesses(primitives, parameters, sessionId, tree.root),
    roster,
    indexOf: new Map(roster.map(({ member }, index) => [member, clientIndex(index)])),
    tree,
  };
}

function rostersFor(context: ServerContext, facts: ServerParameters): Outgoing[] {
  const { graph, parameters, roster, tree } = facts;
  const header = { suite: context.settings.suite, context: context.settingsHash, size: roster.length };
  if (rosterKind(parameters) === 'full') {
    const encoder = new RosterEncoder({ ...header, body: { kind: 'full', advertisements: roster } });
    return roster.map(({ member }, i) => ({ to: member, name: 'roster', bytes: () => encoder.full(clientIndex(i)) }));
  }
  const encoder = new RosterEncoder({ ...header, body: { kind: 'proven', ids: idsOf(roster), root: tree.root } });
  const shown = (own: ClientIndex): ProvenMember[] =>
    graph
      .holders(own)
      .map((index) => ({ index: clientIndex(index), advertisement: roster[index]!, proof: tree.proof(index) }));
  return roster.map(({ member }, i) => {
    const own = clientIndex(i);
    return { to: member, name: 'roster', bytes: () => encoder.proven(own, shown(own)) };
  });
}

const idsOf = (roster: readonly Advertisement[]): number[] => roster.map(({ member }) => member);
