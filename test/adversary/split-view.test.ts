import { receiveMessage } from '../../protocol/wire/header.ts';
import { describe, expect, it } from 'vitest';
import { SIZES } from '../../protocol/crypto/suite.ts';
import { memberId } from '../../protocol/ids.ts';
import { bitmapOf, hasBit, setBits } from '../../protocol/wire/bitmap.ts';
import { encodeUnmaskRequest } from '../../protocol/schemes/secagg/messages/unmask-request.ts';
import { decodeUnmaskShares } from '../../protocol/schemes/secagg/messages/unmask-shares.ts';
import { stepClient } from '../../protocol/schemes/secagg/client/index.ts';
import {
  requestAs,
  sessionIdOf,
  signedByWitnesses,
  signedSurvivors,
} from '../../simulations/attacks/open-round/cheats.ts';
import { Lab } from '../../simulations/attacks/open-round/lab.ts';
import { type SplitLoot, splitOpenRound } from '../../simulations/attacks/split-view.ts';

/**
 * Nine members, of whom the last colludes (γ = 0.12, one of nine): all are witnesses, the quorum is 7, and t = 4. The target
 * is member 1. The coordinator wants four shares of the target's b and four of its s: then it knows the target's input.
 */
const N = 9;
const T = 4;
const QUORUM = 7;
const TARGET = memberId(1);
const COLLUDER = memberId(N);
const HONEST = [2, 3, 4, 5, 6, 7, 8];

function attack(blind: readonly number[], mixed: boolean): SplitLoot {
  const lab = new Lab({ seed: 'split view', n: N, adversary: 'active', settings: { colludingPpm: 120_000 } });
  const { parameters } = lab.serverIn('consistency-check').facts;
  expect(parameters).toMatchObject({ threshold: T, witnesses: N, quorum: QUORUM });
  return splitOpenRound(lab, { target: TARGET, accomplice: COLLUDER, blind, mixed });
}

describe('a coordinator that shows different survivor sets to different clients', () => {
  it('never gets enough shares of both secrets of the target, however it splits them', () => {
    let once = 0;
    for (let size = 0; size <= HONEST.length; size++) {
      for (const mixed of [false, true]) {
        const { ofSeed, ofKey } = attack(HONEST.slice(0, size), mixed);
        expect(ofSeed >= T && ofKey >= T).toBe(false);
        if (ofSeed >= T || ofKey >= T) once++;
      }
    }
    // Somebody is always served at the ends, where nearly all see one set: the attack is real, not refused for all.
    expect(once).toBeGreaterThan(0);
  });

  it('gets no share at all out of an even split: everybody counts too few signatures', () => {
    const { ofSeed, ofKey, codes } = attack([2, 3, 4, 5], false);
    expect([ofSeed, ofKey]).toEqual([1, 1]);
    expect(new Set(codes)).toEqual(new Set(['consistency-too-few']));
  });

  it('gets no share at all with signatures over another set: everybody sees the split', () => {
    const { ofSeed, ofKey, codes } = attack([2, 3, 4, 5], true);
    expect([ofSeed, ofKey]).toEqual([1, 1]);
    expect(new Set(codes)).toEqual(new Set(['consistency-split']));
  });
});

describe('a request for shares', () => {
  const ready = (seed = 'request'): Lab => {
    const lab = new Lab({ seed, n: 6, adversary: 'active' });
    lab.serverIn('unmasking');
    return lab;
  };

  it('over another set than the one the client signed is refused, whatever signatures come with it', () => {
    const lab = ready();
    const sessionId = sessionIdOf(lab.clients.get(memberId(1))!);
    const survivors = bitmapOf(6, [0, 1, 2, 3, 4]);
    const signatures = [0, 1, 2, 3, 4].map((index) => signedSurvivors(lab, sessionId, index, survivors));
    lab.down(requestAs(() => ({ survivors, ...signedByWitnesses([0, 1, 2, 3, 4, 5], signatures) })));
    expect(new Set(Object.values(lab.refusalCodes()))).toEqual(new Set(['consistency-split']));
    expect(lab.messages('unmaskShares')).toEqual([]);
  });

  it('with one signature that does not verify is refused, and names the signer', () => {
    const lab = ready();
    lab.down(
      requestAs(({ signatures }) => ({
        signatures: signatures.map((one, i) => (i === 3 ? signatures[2]! : one)),
      })),
    );
    expect(lab.refusals.size).toBe(6);
    for (const error of lab.refusals.values())
      expect(error).toMatchObject({ code: 'consistency-split', culprits: [4] });
  });

  it('with one signature in the place of many is refused: each counts for the witness at its place', () => {
    const lab = ready();
    lab.down(requestAs(({ signatures }) => ({ signatures: signatures.map(() => signatures[0]!) })));
    expect(new Set(Object.values(lab.refusalCodes()))).toEqual(new Set(['consistency-split']));
    expect(lab.messages('unmaskShares')).toEqual([]);
  });

  it('with more signatures than signers, or fewer, is not even read', () => {
    for (const change of [1, -1]) {
      const lab = ready();
      lab.down(
        requestAs(({ signatures }) => ({
          signatures: change > 0 ? [...signatures, signatures[0]!] : signatures.slice(1),
        })),
      );
      const code = change > 0 ? 'wire-trailing' : 'wire-truncated';
      expect(lab.ignored.map((error) => error.code)).toEqual(Array.from({ length: 6 }, () => code));
      expect(lab.messages('unmaskShares')).toEqual([]);
    }
  });

  it('with signatures of another session is refused', () => {
    const other = ready('another session');
    const lab = ready();
    const sessionId = sessionIdOf(other.clients.get(memberId(1))!);
    lab.down(
      requestAs(({ signers, survivors }) =>
        signedByWitnesses(
          [0, 1, 2, 3, 4, 5],
          setBits(signers).map((index) => signedSurvivors(lab, sessionId, index, survivors)),
        ),
      ),
    );
    expect(new Set(Object.values(lab.refusalCodes()))).toEqual(new Set(['consistency-split']));
    expect(lab.messages('unmaskShares')).toEqual([]);
  });

  it.each(['curious', 'active'] as const)('is answered once and never again (%s)', (adversary) => {
    const lab = new Lab({ seed: 'twice', n: 6, adversary });
    const done = lab.client(2, 'done');
    const request = lab.message('unmaskRequest', 2);
    const step = stepClient(done, { kind: 'message', message: receiveMessage(request) });
    expect(step).toMatchObject({ refusal: { code: 'unmask-twice' }, send: [], events: [], wipe: [] });
    expect(step.state).toBe(done);
    // For the other secret of everybody, it is refused just the same: nothing is left to give.
    const flipped = request.slice();
    flipped[39]! ^= 0x3f;
    expect(stepClient(done, { kind: 'message', message: receiveMessage(flipped) }).refusal?.code).toBe('unmask-twice');
    expect(Object.keys(done)).toEqual(['name', 'context']);
  });

  it('yields exactly one share of each member for every survivor set that can be written', () => {
    const n = 6;
    const makeLab = (): Lab => new Lab({ seed: 'bitmaps', n });
    const reference = makeLab().client(2, 'unmasking');
    const pairs = new Map([...reference.held].map(([index, pair]) => [index as number, pair.expose().slice()]));
    expect([...pairs.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    let answered = 0;
    for (let bits = 0; bits < 2 ** n; bits++) {
      const survivors = Uint8Array.of(bits);
      const request = { suite: 1, context: reference.facts.sessionId, size: n, survivors } as const;
      const bytes = encodeUnmaskRequest({ ...request, ...signedByWitnesses([], []) });
      const step = stepClient(reference, { kind: 'message', message: receiveMessage(bytes) });
      if (step.state.name !== 'done') {
        // Below the threshold, or without the client itself: nothing at all.
        expect(setBits(survivors).length < 4 || !hasBit(survivors, 1)).toBe(true);
        expect(step.send.map((sent) => sent.name)).toEqual(['abort']);
        continue;
      }
      answered++;
      const { count, shares } = decodeUnmaskShares(step.send[0]!.bytes);
      expect(count).toBe(n);
      for (let index = 0; index < n; index++) {
        const from = hasBit(survivors, index) ? SIZES.share : 0;
        expect(shares.subarray(index * SIZES.share, (index + 1) * SIZES.share)).toEqual(
          pairs.get(index)!.subarray(from, from + SIZES.share),
        );
      }
    }
    // C(5, 3) + C(5, 4) + C(5, 5) sets of at least four hold the client.
    expect(answered).toBe(16);
  });
});
