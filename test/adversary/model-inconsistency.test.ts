import { describe, expect, it } from 'vitest';
import { type ClientState, stepClient, wantedAgreements } from '../../protocol/schemes/secagg/client/index.ts';
import { vectorLength } from '../../protocol/quantize/index.ts';
import { agreeAll } from '../../protocol/crypto/agreer.ts';
import { selfMaskKey } from '../../protocol/schemes/secagg/masks.ts';
import { SecretBytes } from '../../protocol/crypto/secret.ts';
import { equalBytes } from '../../protocol/crypto/bytes.ts';
import { createMaskVector } from '../../protocol/kernels/index.ts';
import { clientIndex, type MemberId, memberId } from '../../protocol/ids.ts';
import { decodeMaskedInput } from '../../protocol/schemes/secagg/messages/masked-input.ts';
import { encodeInvitation } from '../../protocol/wire/messages/invitation.ts';
import { decodeRoster, encodeRoster } from '../../protocol/schemes/secagg/messages/roster.ts';
import { decodeShareKeys } from '../../protocol/schemes/secagg/messages/share-keys.ts';
import { encodeSettings, settingsHash } from '../../protocol/wire/settings.ts';
import { routedAs, sessionIdOf } from '../../simulations/attacks/open-round/cheats.ts';
import { Lab, rewriting } from '../../simulations/attacks/open-round/lab.ts';

// Pasquini et al. (CCS 2022): the target gets the real model, everybody else one whose updates are known in advance
// (all zero, say). If masks still cancelled, the sum would be the target's update.

const N = 6;
const TARGET = memberId(1);
const DIMENSION = 61;

/**
 * Runs a curious round up to the point where every client has audited its roster and sent its shares, giving the target
 * one model hash and the others another. Everybody is shown the same keys.
 */
function inconsistent(modelOfOthers: number): Lab {
  const lab = new Lab({ seed: 'models', n: N, settings: { dimension: DIMENSION, modulusBits: 24 } });
  const contexts = new Map<MemberId, Uint8Array>();
  lab.down(
    rewriting('invitation', ({ member }) => {
      const modelHash = new Uint8Array(32).fill(member === TARGET ? 0 : modelOfOthers);
      const settings = encodeSettings({ ...lab.settings, modelHash });
      const context = settingsHash(lab.primitives, settings);
      contexts.set(member, context);
      return encodeInvitation({ suite: 1, context, settings });
    }),
  );
  // The coordinator relabels what the others advertise, so that its own session goes on.
  const { settingsHash: own } = lab.server.context;
  lab.up(rewriting('advertiseKeys', ({ bytes }) => withContext(bytes, own)));
  lab.down(
    rewriting('roster', ({ member, bytes }) =>
      encodeRoster({ ...decodeRoster(bytes), context: contexts.get(member)! }),
    ),
  );
  expect(lab.refusals.size).toBe(0);
  return lab;
}

function withContext(bytes: Uint8Array, context: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  changed.set(context, 3);
  return changed;
}

type Sharing = Extract<ClientState, { name: 'share-keys' }>;

/** The victim's shares routed by hand, from what each neighbour really sealed for it. */
function routeByHand(lab: Lab, relabelled: (member: MemberId) => Uint8Array): void {
  const sessionOfServer = lab.server.name === 'share-keys' ? lab.server.facts.sessionId : undefined;
  lab.up(rewriting('shareKeys', ({ bytes }) => withContext(bytes, sessionOfServer!)));
  lab.down((mail) => [{ ...mail, bytes: withContext(mail.bytes, relabelled(mail.member)) }]);
}

describe('a coordinator that hands out different models', () => {
  it('splits the session: ids differ, nobody’s shares open across the split, and the target sends no input', () => {
    const lab = inconsistent(1);
    const ids = lab.members.map((member) => sessionIdOf(lab.clients.get(member)!));
    expect(new Set(ids.slice(1).map(String)).size).toBe(1);
    expect(equalBytes(ids[0]!, ids[1]!)).toBe(false);
    routeByHand(lab, (member) => ids[member - 1]!);
    expect(lab.refusals.size).toBe(N);
    for (const error of lab.refusals.values()) expect(error.code).toBe('share-undecryptable');
    expect(lab.messages('maskedInput')).toEqual([]);
    expect(lab.messages('unmaskShares')).toEqual([]);
  });

  it('cannot leave the target alone with members that hold no shares of it: below the threshold it refuses', () => {
    const lab = inconsistent(1);
    const ids = lab.members.map((member) => sessionIdOf(lab.clients.get(member)!));
    const { sessionId } = lab.server.name === 'share-keys' ? lab.server.facts : { sessionId: ids[0] };
    lab.up(rewriting('shareKeys', ({ bytes }) => withContext(bytes, sessionId!)));
    const alone = routedAs((entries, to) => {
      if (to === TARGET) entries.clear();
      else entries.delete(0);
    });
    lab.down((mail) =>
      alone(mail).map(({ member, bytes }) => ({ member, bytes: withContext(bytes, ids[member - 1]!) })),
    );
    expect(lab.refusals.get(TARGET)?.code).toBe('too-few-members');
    expect(lab.messages('maskedInput').map(({ member }) => member)).not.toContain(TARGET);
    // The others, among themselves, go on: their session is consistent.
    expect(lab.messages('maskedInput')).toHaveLength(N - 1);
  });

  /**
   * Even if the seals did not stand in the way: every client is put into the state in which it would mask with all, and
   * the coordinator is given every self mask for free. What it then computes must be the sum, or noise.
   */
  function sumInSpiteOfSeals(lab: Lab): { computed: Uint32Array; plain: Uint32Array } {
    const sum = createMaskVector(vectorLength({ dimension: DIMENSION }));
    for (const member of lab.members) {
      const state = lab.clients.get(member) as Sharing;
      const { context, facts, mask, selfSeed } = state;
      const seed = new SecretBytes(selfSeed.expose().slice());
      const held = new Map(
        lab.members.map((_, index) => [clientIndex(index), new SecretBytes(new Uint8Array(68))] as const),
      );
      const agreeing: ClientState = { name: 'mask-agreement', context, facts, mask, selfSeed, held };
      const shared = agreeAll(lab.primitives, wantedAgreements(agreeing)!);
      const ready = stepClient(agreeing, { kind: 'agreements', shared }).state;
      const step = stepClient(ready, { kind: 'input', values: lab.inputOf(member) });
      const { packed, bits } = decodeMaskedInput(step.send[0]!.bytes);
      sum.addPacked(packed, bits);
      sum.addMask(selfMaskKey(lab.primitives, seed, facts.sessionId, facts.ownIndex).expose(), -1, 12);
    }
    return { computed: sum.toValues(24), plain: lab.plainSum(lab.members) };
  }

  it('gets nothing but noise out of all masked inputs and all self masks: pair masks do not cancel', () => {
    const consistent = sumInSpiteOfSeals(inconsistent(0));
    // The control: with one model for all, the very same computation is the attack's whole success.
    expect(consistent.computed).toEqual(consistent.plain);

    const lab = inconsistent(1);
    const { computed, plain } = sumInSpiteOfSeals(lab);
    const target = lab.inputOf(TARGET);
    const differences = computed.map((value, i) => (value - plain[i]!) & 0xff_ffff);
    expect(computed.filter((value, i) => value === plain[i])).toHaveLength(0);
    expect(computed.filter((value, i) => value === target[i])).toHaveLength(0);
    // What is left over is spread over the whole modulus: about half of its bits are set, as of a coin.
    let ones = 0;
    for (const word of differences) for (let bit = 0; bit < 24; bit++) ones += (word >>> bit) & 1;
    const bits = 24 * vectorLength({ dimension: DIMENSION });
    expect(Math.abs(ones - bits / 2)).toBeLessThan(5 * Math.sqrt(bits / 4));
  });

  it('does not get the target’s update by settings that differ in anything else either', () => {
    const lab = new Lab({ seed: 'any field', n: 3 });
    const hashes = new Set<string>();
    const { settings } = lab;
    const changes: Partial<typeof settings>[] = [
      {},
      { suite: 2 },
      { nonce: new Uint8Array(16) },
      { task: 'x' },
      { round: 2 },
      { repeat: 1 },
      { rebases: 1 },
      { adversary: 'active' },
      { graph: 'auto' },
      { colludingPpm: 1 },
      { dropoutPpm: 1 },
      { threshold: 3 },
      { minCohort: 3 },
      { maxCohort: 65 },
      { dimension: 6 },
      { modelHash: new Uint8Array(32).fill(1) },
      { directoryHash: new Uint8Array(32).fill(1) },
      { modulusBits: 32 },
      { inputBits: 15 },
      { clip: 2 },
      { maxExamples: 1001 },
      { lossBound: 11 },
      { training: '{"a":1}' },
    ];
    expect(changes).toHaveLength(Object.keys(settings).length + 1);
    for (const change of changes)
      hashes.add(String(settingsHash(lab.primitives, encodeSettings({ ...settings, ...change }))));
    expect(hashes.size).toBe(changes.length);
  });
});

describe('entries that a client sealed', () => {
  it('all have one length, whatever they hold, so that routing shows nothing', () => {
    const lab = new Lab({ seed: 'lengths', n: 4 }).run();
    for (const { bytes } of lab.messages('shareKeys')) expect(decodeShareKeys(bytes).sealed.length).toBe(3 * 84);
  });
});
