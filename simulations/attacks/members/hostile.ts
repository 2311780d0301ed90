import { LagrangeBasis, SecretBytes, SIZES, SUITES } from '../../../protocol/crypto/index.ts';
import { CairnError } from '../../../protocol/errors.ts';
import { memberId } from '../../../protocol/ids.ts';
import { createMaskVector } from '../../../protocol/kernels/index.ts';
import {
  decodeAdvertiseKeys,
  decodeMaskedInput,
  decodeUnmaskShares,
  encodeAdvertiseKeys,
  holdings,
  selfMaskKey,
} from '../../../protocol/schemes/secagg/index.ts';
import { setBits } from '../../../protocol/wire/index.ts';
import { equalSums } from '../../engine/plain-sums.ts';
import { type Attack, type AttackOutcome, namedCodes } from '../attack.ts';
import { requestAs, rosterAs, signedAdvertisement } from '../open-round/cheats.ts';
import { Lab, type Rewrite } from '../open-round/lab.ts';
import { correctableHolders, lyingAbout, revealing, untilUnmasking } from '../open-round/liars.ts';
import { wrongConsistency } from './deeds.ts';

// Hostile members among honest ones, and an honest coordinator: they want the others' round to fail, or to give a
// wrong sum.

const N = 8;
const BAD = memberId(3);
const ATTACKER = 'one of eight members, alone';

const LOST = 'no update: the round of the others is lost';

/** A round that the attacker wants to fail. */
function outcomeOfRound(lab: Lab): AttackOutcome {
  const { committed } = lab;
  const included = committed?.included ?? [];
  const figures = { refusing: lab.refusals.size, dropped: lab.drops.length, included: included.length };
  if (committed === undefined) {
    return { succeeded: true, learned: LOST, figures, stoppedBy: undefined };
  }
  const exact = equalSums(committed.sum, lab.plainSum(included));
  return {
    succeeded: !exact,
    learned: exact ? 'nothing: the sum of the others is exact' : 'no update: the sum is wrong',
    figures,
    stoppedBy: namedCodes(lab.drops.map(({ reason }) => reason)),
  };
}

/** A copied key would make every client refuse its roster. */
export const keyCopies: Attack = {
  name: 'key-copies',
  title: 'advertises the keys of another member as its own, signed',
  attacker: ATTACKER,
  source: 'docs/protocol.md §6.2',
  protection: 'the coordinator drops a member that advertises a key already advertised',
  without: 'a coordinator that passes such keys on',
  run: ({ protected: safe, seed, signal }) => {
    signal?.throwIfAborted();
    const lab = new Lab({ seed: `copies ${seed}`, n: N, adversary: 'active' });
    const copyOf = (bytes: Uint8Array) => {
      const { cipherKey, maskKey } = decodeAdvertiseKeys(bytes).advertisement;
      return signedAdvertisement(lab, BAD, cipherKey, maskKey);
    };
    const up: Rewrite = (mail) => {
      if (mail.member !== BAD || lab.server.name !== 'advertise-keys') return [mail];
      const advertisement = copyOf(lab.message('advertiseKeys', 1));
      return [{ ...mail, bytes: encodeAdvertiseKeys({ ...decodeAdvertiseKeys(mail.bytes), advertisement }) }];
    };
    const down = rosterAs((members) =>
      members.map((one) => (one.member === BAD ? copyOf(lab.message('advertiseKeys', 1)) : one)),
    );
    return Promise.resolve(outcomeOfRound(lab.run(safe ? { up } : { down })));
  },
};

/** A signature that does not verify would make every client refuse its request for shares. */
export const forgedSignature: Attack = {
  name: 'forged-signature',
  title: 'signs the survivor set with a signature that does not verify',
  attacker: ATTACKER,
  source: 'docs/protocol.md §9; Bonawitz et al., CCS 2017',
  protection: 'the coordinator verifies each signature before it passes it on',
  without: 'a coordinator that passes them on unread',
  run: ({ protected: safe, seed, signal }) => {
    signal?.throwIfAborted();
    const lab = new Lab({ seed: `signature ${seed}`, n: N, adversary: 'active' });
    const up: Rewrite = (mail) =>
      mail.member === BAD && lab.server.name === 'consistency-check'
        ? [{ ...mail, bytes: wrongConsistency('consistency', mail.bytes) }]
        : [mail];
    const down = requestAs(({ signatures, signers }) => {
      const at = setBits(signers).indexOf(BAD - 1);
      return { signatures: signatures.map((one, i) => (i === at ? one.map((byte) => byte ^ 1) : one)) };
    });
    return Promise.resolve(outcomeOfRound(lab.run(safe ? { up } : { down })));
  },
};

/** Shares of another polynomial, with the holder's own signature under them. */
export const forgedShares: Attack = {
  name: 'forged-shares',
  title: 'reveals shares of all members’ secrets that are wrong in one bit',
  attacker: ATTACKER,
  source: 'docs/decisions/0045-commit-to-seeds-and-decode-false-shares.md',
  protection: 'opened secrets are checked against their commitments, and false shares are corrected',
  without: 'a coordinator that opens secrets from the first shares to arrive',
  run: ({ protected: safe, seed, signal }) => {
    signal?.throwIfAborted();
    const lab = new Lab({ seed: `shares ${seed}`, n: N, adversary: 'active', settings: { dimension: 20 } });
    untilUnmasking(lab);
    // With many wrong bits they would open to nothing that fits a seed; the smallest lie is the best one.
    const lie = revealing(lab, [BAD], (share) => share.map((byte, i) => (i === 0 ? byte ^ 1 : byte)));
    return Promise.resolve(outcomeOfLie(lab, lie, safe));
  },
};

/** One lie alone is outvoted; lies that fit each other might not be. */
export const agreedLies: Attack = {
  name: 'agreed-lies',
  title: 'reveals shares of one false polynomial for a member’s secret, from as many holders as are corrected',
  attacker: 'some members of twelve, together',
  source: 'docs/decisions/0045-commit-to-seeds-and-decode-false-shares.md',
  protection: 'shares beyond the threshold are requested, and false ones among them are found by decoding',
  without: 'a coordinator that opens secrets from the first shares that come',
  run: ({ protected: safe, seed, signal }) => {
    signal?.throwIfAborted();
    const settings = { colludingPpm: 50_000, dropoutPpm: 50_000, dimension: 20 };
    const lab = new Lab({ seed: `agreed ${seed}`, n: 12, adversary: 'active', settings });
    untilUnmasking(lab);
    const victim = memberId(6);
    const lie = revealing(lab, correctableHolders(lab, victim), lyingAbout(victim));
    return Promise.resolve(outcomeOfLie(lab, lie, safe));
  },
};

/** What comes of false shares where the coordinator checks and corrects them, or else opens the first that come. */
function outcomeOfLie(lab: Lab, lie: Rewrite, safe: boolean): AttackOutcome {
  if (safe) return outcomeOfRound(lab.run({ up: lie }));
  const sum = openedUnchecked(lab, lie);
  if (sum === undefined) {
    const figures = { wrongWords: 0, words: 0 };
    return { succeeded: true, learned: LOST, figures, stoppedBy: undefined };
  }
  const wrong = sum.filter((value, i) => value !== lab.plainSum(lab.members)[i]).length;
  return {
    succeeded: wrong > 0,
    learned: 'no update: the sum is wrong, and no error says so',
    figures: { wrongWords: wrong, words: sum.length },
    stoppedBy: undefined,
  };
}

/**
 * The sum of a round without drop-outs, from the first shares to arrive, without checking what they open to; undefined
 * in the rare case that they do not open to 32 bytes at all.
 */
function openedUnchecked(lab: Lab, lie: Rewrite): Uint32Array | undefined {
  if (lab.server.name !== 'unmasking') throw new Error('the server does not ask for shares');
  const { facts, sharers } = lab.server;
  const { n, threshold } = facts.parameters;
  lab.down();
  const answers = lab.toServer.flatMap((mail) => lie(mail)).slice(0, threshold);
  const shares = new Map<number, Uint8Array>();
  const slots = answers.map(({ member }) => facts.indexOf.get(member)!);
  answers.forEach(({ bytes }, at) => {
    const { shares: all } = decodeUnmaskShares(bytes);
    holdings({ facts, sharers }, slots[at]!).forEach((owner, place) =>
      shares.set(owner * n + at, all.slice(place * SIZES.share, (place + 1) * SIZES.share)),
    );
  });
  const basis = new LagrangeBasis(n, slots);
  const vector = createMaskVector(lab.inputOf(BAD).length);
  for (const { member, bytes } of lab.messages('maskedInput')) {
    const { packed, bits } = decodeMaskedInput(bytes);
    vector.addPacked(packed, bits);
    const owner = facts.indexOf.get(member)!;
    const opened = openedOrNothing(
      basis,
      slots.map((_, at) => shares.get(owner * n + at)!),
    );
    if (opened === undefined) return undefined;
    const key = selfMaskKey(lab.primitives, new SecretBytes(opened), facts.sessionId, owner);
    vector.addMask(key.expose(), -1, SUITES[lab.settings.suite].maskRounds);
  }
  return vector.toValues(lab.settings.modulusBits);
}

function openedOrNothing(basis: LagrangeBasis, shares: readonly Uint8Array[]): Uint8Array | undefined {
  try {
    return basis.open(shares);
  } catch (thrown) {
    if (thrown instanceof CairnError && thrown.code === 'secret-mismatch') return undefined;
    throw thrown;
  }
}
