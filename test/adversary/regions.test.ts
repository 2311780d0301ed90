import { describe, expect, it } from 'vitest';
import type { SessionParameters } from '../../protocol/schemes/secagg/client/index.ts';
import { clientIndex } from '../../protocol/ids.ts';
import { bitmapOf } from '../../protocol/wire/bitmap.ts';
import { messageName } from '../../protocol/wire/header.ts';
import { decodeConsistency } from '../../protocol/schemes/secagg/messages/consistency.ts';
import { encodeSurvivors } from '../../protocol/schemes/secagg/messages/survivors.ts';
import { encodeUnmaskRequest } from '../../protocol/schemes/secagg/messages/unmask-request.ts';
import { equalSums } from '../../simulations/engine/sums.ts';
import {
  signedByWitnesses,
  signedSurvivors,
  type SurvivorSignature,
} from '../../simulations/attacks/open-round/cheats.ts';
import { Lab } from '../../simulations/attacks/open-round/lab.ts';
import { type Attempt, extract } from '../../simulations/attacks/inference/extract.ts';
import { Transcript } from '../../simulations/attacks/inference/transcript.ts';

/** Sixty-four members on a ring, each of whom asks for sums of 61. */
const N = 64;
const LEAST = 61;
const DROPPED = N - LEAST;

interface Outcome {
  readonly lab: Lab;
  readonly facts: SessionParameters;
  readonly attempt: Attempt;
  /** Why honest members did not reveal anything, as far as they did not. */
  readonly codes: ReadonlySet<string>;
  /** The sets over which shares were revealed. */
  readonly revealed: ReadonlySet<number>;
  /** The members that both sets have. */
  readonly common: readonly number[];
}

/**
 * The ring has two regions. In the one, all are told that three members of it have dropped out, in the other that three of
 * the other have: each set has 61 members, and the holders of each secret are of one opinion. Of the witnesses one half signs
 * the one set, one half the other, and accomplices sign both.
 */
function attack(share: number, accomplices: number): Outcome {
  const settings = {
    graph: 'ring',
    colludingPpm: share * 1e6,
    dropoutPpm: 200_000,
    dimension: 1,
    minCohort: LEAST,
  } as const;
  const lab = new Lab({ seed: 'regions', n: N, adversary: 'active', settings, policy: { minCohort: LEAST } });
  lab.serverIn('consistency-check');
  const { facts } = lab.client(1, 'consistency-check');
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
  for (const index of told) {
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
  for (const { to, mail } of lab.sent) transcript.note(to === 'client' ? 'down' : 'up', mail.member, mail.bytes);
  for (const index of told) {
    const member = lab.members[index]!;
    const which = toldTo(index);
    const survivors = bitmapOf(N, sets[which]!);
    const bytes = encodeUnmaskRequest({ ...header, survivors, ...signedByWitnesses(witnesses, signatures[which]!) });
    transcript.note('down', member, bytes);
    const step = lab.clientGets(member, bytes)!;
    if (step.state.name === 'done') revealed.add(which);
    for (const answer of step.send) transcript.note('up', member, answer);
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

describe('a coordinator that shows different survivor sets in different regions of a ring', () => {
  it.each([
    [0.05, 0],
    [0.1, 0],
    [0.1, 6],
    [0.2, 12],
  ])(
    'opens no sum where γ = %d and %i accomplices are witnesses: one set at most has a quorum',
    (share, accomplices) => {
      const { attempt, codes, revealed, facts } = attack(share, accomplices);
      const { witnesses, quorum } = facts.parameters;
      expect(witnesses + accomplices).toBeLessThan(2 * quorum);
      expect(codes).toEqual(new Set(['consistency-too-few']));
      expect(revealed.size).toBeLessThan(2);
      expect(attempt.sum).toBeUndefined();
    },
  );

  it.each([
    [0.05, 4],
    [0.1, 7],
  ])(
    'OPENS a sum of 58 where γ = %d and %i accomplices are witnesses, one more than tolerated',
    (share, accomplices) => {
      const { attempt, codes, common, lab } = attack(share, accomplices);
      expect(codes).toEqual(new Set());
      expect(attempt.sum?.members).toEqual(common);
      expect(common).toHaveLength(N - 2 * DROPPED);
      expect(equalSums(attempt.sum!.values, lab.plainSum(attempt.sum!.members))).toBe(true);
    },
  );
});
