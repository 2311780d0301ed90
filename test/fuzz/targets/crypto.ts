import fc from 'fast-check';
import { concatBytes, equalBytes } from '../../../protocol/crypto/bytes.ts';
import { MerkleTree, verifyProof } from '../../../protocol/crypto/merkle.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/native.ts';
import { portablePrimitives } from '../../../protocol/crypto/portable.ts';
import { openShares, sealShares } from '../../../protocol/crypto/seal.ts';
import { SecretBytes } from '../../../protocol/crypto/secret.ts';
import { isCanonicalShare, LagrangeBasis, shareSecret } from '../../../protocol/crypto/shamir.ts';
import { ShareDecoder } from '../../../protocol/crypto/share-decoder.ts';
import { SIZES } from '../../../protocol/crypto/suite.ts';
import { seeded } from '../../../simulations/attacks/open-round/lab.ts';
import { bytesTarget } from '../bytes-target.ts';
import { damage, damaged } from '../damage.ts';
import { must, refusalCode } from '../outcome.ts';
import type { Target } from '../target.ts';

const seal = bytesTarget('crypto-seal', 1, () => {
  const about = { sessionId: new Uint8Array(32).fill(1), from: 1, to: 2 };
  const key = new SecretBytes(new Uint8Array(32).fill(2));
  const plaintext = new Uint8Array(2 * SIZES.share).fill(3);
  const sealed = sealShares(nodePrimitives, { ...about, key, plaintext });
  return {
    samples: [sealed],
    decode(bytes: Uint8Array) {
      const opened = [nodePrimitives, portablePrimitives].map((each) =>
        openShares(each, { ...about, key, sealed: bytes }),
      );
      must((opened[0] === undefined) === (opened[1] === undefined), 'the implementations disagree about a seal');
      return opened[0];
    },
    holds: (opened, bytes) =>
      must((opened !== undefined) === equalBytes(bytes, sealed), 'a seal that nobody made opens'),
  };
});

const N = 9;
const T = 5;
const SLOTS = [0, 2, 3, 5, 6, 7, 8];
const MAX_FALSE = Math.floor((SLOTS.length - T) / 2);

/** Shares that somebody changed: at most ⌊(m − t)/2⌋ are found, and what is left gives the secret. */
const shares: Target = {
  name: 'crypto-shares',
  share: 1,
  batch: 500,
  make: () => {
    const secret = new Uint8Array(32).map((_, i) => 7 * i + 1);
    const good = shareSecret({ secret, threshold: T, domain: N, slots: SLOTS, random: seeded('fuzz shares') });
    const lies = fc.array(fc.tuple(fc.nat(SLOTS.length - 1), damage), { maxLength: MAX_FALSE + 1 });
    return {
      property: fc.property(lies, (told) => {
        const word = good.map((share) => share.slice());
        for (const [at, changes] of told) {
          const lie = damaged(good[at]!, changes, good);
          if (lie.length === SIZES.share && isCanonicalShare(lie)) word[at] = lie.slice();
        }
        const liars = SLOTS.map((_, i) => i).filter((i) => !equalBytes(word[i]!, good[i]!));
        try {
          const places = finish(new ShareDecoder(N, SLOTS, T).falseShares(word));
          if (liars.length <= MAX_FALSE)
            must(String(places) === String(liars), `${String(liars)} lied, not ${String(places)}`);
          if (places === undefined || SLOTS.length - places.length < T) return;
          const honest = SLOTS.map((_, i) => i)
            .filter((i) => !places.includes(i))
            .slice(0, T);
          const opened = new LagrangeBasis(
            N,
            honest.map((i) => SLOTS[i]!),
          ).open(honest.map((i) => word[i]!));
          if (liars.length <= MAX_FALSE) must(equalBytes(opened, secret), 'another secret was opened');
        } catch (thrown) {
          must(refusalCode(thrown) === 'secret-mismatch', 'shares were refused under another name');
        }
      }),
    };
  },
};

function finish<T>(steps: Generator<unknown, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Proofs that anybody sends: whatever they are, only the leaf that stands there is proven. */
const merkle: Target = {
  name: 'crypto-merkle',
  share: 1,
  batch: 500,
  make: () => {
    const leaves = Array.from({ length: 11 }, (_, i) => new Uint8Array(32).fill(i));
    const tree = new MerkleTree(nodePrimitives, leaves);
    const claim = fc.record({
      size: fc.oneof(fc.constant(11), fc.integer()),
      index: fc.oneof(fc.nat(11), fc.integer()),
      of: fc.nat(10),
      leaf: fc.nat(10),
      changes: fc.option(damage, { nil: [] }),
    });
    return {
      property: fc.property(claim, ({ size, index, of, leaf, changes }) => {
        const proof = tree.proof(of);
        const bytes = damaged(concatBytes(...proof), changes, leaves);
        const sent = Array.from({ length: Math.ceil(bytes.length / 32) }, (_, i) => bytes.slice(32 * i, 32 * i + 32));
        const proven = verifyProof(nodePrimitives, { root: tree.root, size, index, leaf: leaves[leaf]!, proof: sent });
        if (size === 11) must(!proven || index === leaf, `leaf ${leaf} was proven to stand at ${index}`);
        if (size === 11 && index === of && leaf === of && changes.length === 0)
          must(proven, 'a true proof was refused');
      }),
    };
  },
};

/** Seals, shares and proofs. */
export const cryptoTargets: readonly Target[] = [seal, shares, merkle];
