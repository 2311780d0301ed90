import {
  decodeConsistency,
  encodeSurvivors,
  encodeUnmaskRequest,
  type SessionParameters,
} from '../../protocol/schemes/secagg/index.ts';
import { clientIndex } from '../../protocol/ids.ts';
import { bitmapOf, messageName } from '../../protocol/wire/index.ts';
import { equalSums } from '../engine/sums.ts';
import { type Attack, namedCodes } from './attack.ts';
import { type Attempt, extract } from './inference/extract.ts';
import { Transcript } from './inference/transcript.ts';
import { signedByWitnesses, signedSurvivors, type SurvivorSignature } from './open-round/cheats.ts';
import { Lab } from './open-round/lab.ts';

/** Sixty-four members on a ring, each of which requires sums of at least 61. */
const N = 64;
const MIN_COHORT = 61;
/** How many supposedly dropped out in each region. */
export const DROPPED = N - MIN_COHORT;

/** The outcome of an attack by regions. */
export interface RegionsOutcome {
  readonly lab: Lab;
  readonly facts: SessionParameters;
  readonly attempt: Attempt;
  /** Why honest members did not reveal anything, for those that did not. */
  readonly codes: ReadonlySet<string>;
  /** The sets over which shares were revealed. */
  readonly revealed: ReadonlySet<number>;
  /** The members in both sets. */
  readonly common: readonly number[];
}

interface RegionsOptions {
  readonly seed?: string;
  /** In a curious round members do not sign. */
  readonly adversary?: 'active' | 'curious';
}

/**
 * The ring has two regions. In each, all members are told that three of its own members have dropped out: each set has
 * 61 members, and the holders of each secret agree. Half of the witnesses sign one set, half the other, and accomplices
 * sign both.
 */
export function splitRegions(
  share: number,
  accomplices: number,
  { seed = 'regions', adversary = 'active' }: RegionsOptions = {},
): RegionsOutcome {
  const settings = {
    graph: 'ring',
    colludingPpm: share * 1e6,
    dropoutPpm: 200_000,
    dimension: 1,
    minCohort: MIN_COHORT,
  } as const;
  const lab = new Lab({ seed, n: N, adversary, settings, policy: { minCohort: MIN_COHORT } });
  lab.serverIn(adversary === 'active' ? 'consistency-check' : 'unmasking');
  const { facts } = lab.client(1, adversary === 'active' ? 'consistency-check' : 'unmasking');
  const { graph, sessionId } = facts;
  const witnesses = facts.witnesses.map(({ index }) => index as number);
  const order = [...graph.ring!];
  const places = new Map(order.map((index, place) => [index, place]));
  const fromFirst = (index: number): number => Math.min(places.get(index)!, N - places.get(index)!);
  const byPlace = [...order].sort((a, b) => fromFirst(a) - fromFirst(b));
  const idle = byPlace.filter((index) => !witnesses.includes(index));
  const dropped = [idle.slice(0, DROPPED), idle.slice(-DROPPED)];
  const sets = dropped.map((gone) => order.filter((index) => !gone.includes(index)).sort((a, b) => a - b));

  const signers = byPlace.filter((index) => witnesses.includes(index));
  const corrupt = signers.slice(-accomplices, accomplices === 0 ? 0 : undefined);
  const honest = signers.filter((index) => !corrupt.includes(index));
  const near = new Set([...honest.slice(0, honest.length / 2), ...byPlace.slice(0, N / 2)]);
  for (const index of honest.slice(honest.length / 2)) near.delete(index);
  const toldTo = (index: number): 0 | 1 => (near.has(index) ? 0 : 1);

  const told = order.filter((index) => !dropped.some((gone) => gone.includes(index)));
  const signatures: SurvivorSignature[][] = [[], []];
  const header = { suite: 1, context: sessionId, size: N } as const;
  lab.toServer = [];
  for (const index of adversary === 'active' ? told : []) {
    const survivors = bitmapOf(N, sets[toldTo(index)]!);
    lab.clientGets(lab.members[index]!, encodeSurvivors({ ...header, survivors }));
  }
  for (const { member, bytes } of lab.toServer) {
    if (messageName(bytes) !== 'consistency' || corrupt.includes(member - 1)) continue;
    const { signature } = decodeConsistency(bytes);
    signatures[toldTo(member - 1)]!.push({ index: clientIndex(member - 1), signature });
  }
  sets.forEach((set, i) => {
    for (const index of corrupt) signatures[i]!.push(signedSurvivors(lab, sessionId, index, bitmapOf(N, set)));
  });

  const revealed = new Set<number>();
  const transcript = new Transcript();
  // Of the honest session's own messages, those that were never delivered are not part of the attack.
  const kept = new Set(lab.toClients.map(({ bytes }) => bytes));
  for (const { to, mail } of lab.sent)
    if (!kept.has(mail.bytes)) transcript.note(to === 'client' ? 'down' : 'up', mail.member, mail.bytes);
  for (const index of told) {
    const member = lab.members[index]!;
    const which = toldTo(index);
    const survivors = bitmapOf(N, sets[which]!);
    const bytes = encodeUnmaskRequest({ ...header, survivors, ...signedByWitnesses(witnesses, signatures[which]!) });
    transcript.note('down', member, bytes);
    const step = lab.clientGets(member, bytes)!;
    if (step.state.name === 'done') revealed.add(which);
    for (const { bytes: answer } of step.send) transcript.note('up', member, answer);
  }
  const target = lab.members[told[0]!]!;
  return {
    lab,
    facts,
    attempt: extract(transcript, target),
    codes: new Set(Object.values(lab.refusalCodes())),
    revealed,
    common: told.map((index) => lab.members[index]!).sort((a, b) => a - b),
  };
}

/** Two overlapping sums from one round. */
export const regionSums: Attack = {
  name: 'region-sums',
  title: 'tells two regions of a ring of two survivor sets, and opens what the two have in common',
  attacker: 'the coordinator; with the protection, six of 64 members are on its side',
  source: 'docs/protocol.md §6.1; after Bell et al., CCS 2020',
  protection: 'a random committee signs one survivor set: two sets never both have a quorum',
  without: 'a curious round, in which members sign nothing',
  run: ({ protected: safe, seed, signal }) => {
    signal?.throwIfAborted();
    const adversary = safe ? 'active' : 'curious';
    const { attempt, codes, common, lab } = splitRegions(0.1, safe ? 6 : 0, { seed: `regions ${seed}`, adversary });
    const members = attempt.sum?.members ?? [];
    const figures = { membersInSum: members.length, membersAgreed: N, minCohort: MIN_COHORT };
    const exact = attempt.sum !== undefined && equalSums(attempt.sum.values, lab.plainSum(members));
    const succeeded = exact && members.length === common.length && members.length < MIN_COHORT;
    const learned = succeeded ? `a sum of ${members.length}, where each asks for ${MIN_COHORT}` : 'no sum';
    return Promise.resolve({ succeeded, learned, figures, stoppedBy: succeeded ? undefined : namedCodes(codes) });
  },
};
