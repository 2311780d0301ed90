import { describe, expect, test } from 'vitest';
import { nodePrimitives as native } from '../../protocol/crypto/node/native.ts';
import { MerkleTree, proofLength, verifyProof } from '../../protocol/crypto/merkle.ts';
import { portablePrimitives as portable } from '../../protocol/crypto/portable.ts';
import { LABELS } from '../../protocol/crypto/suite.ts';
import { transcript } from '../../protocol/crypto/transcript.ts';
import { expectCode, pattern } from './helpers.ts';

/** RFC 6962 §2.1 word for word: split at the largest power of two below n. */
function referenceRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0]!;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return transcript(
    native,
    LABELS.rosterNode,
    referenceRoot(leaves.slice(0, split)),
    referenceRoot(leaves.slice(split)),
  );
}

function leavesOf(size: number): Uint8Array[] {
  return Array.from({ length: size }, (_, i) => native.sha256(pattern(5, i), pattern(1, size)));
}

const sizes = Array.from({ length: 40 }, (_, i) => i + 1);

describe('Merkle tree', () => {
  test.each(sizes)('of %i leaves: RFC 6962 root, every proof holds and nothing else does', (size) => {
    const leaves = leavesOf(size);
    const tree = new MerkleTree(native, leaves);
    expect(tree.size).toBe(size);
    expect(tree.root).toEqual(referenceRoot(leaves));
    for (let index = 0; index < size; index++) {
      const proof = tree.proof(index);
      const claim = { root: tree.root, size, index, leaf: leaves[index]!, proof };
      expect(proof).toHaveLength(proofLength(size, index));
      expect(proof.length).toBeLessThanOrEqual(Math.ceil(Math.log2(size)));
      expect(verifyProof(native, claim)).toBe(true);
      for (let other = 0; other < size; other++) {
        if (other === index) continue;
        expect(verifyProof(native, { ...claim, index: other })).toBe(false);
        expect(verifyProof(native, { ...claim, leaf: leaves[other]! })).toBe(false);
      }
      expect(verifyProof(native, { ...claim, root: pattern(32) })).toBe(false);
      expect(verifyProof(native, { ...claim, proof: [...proof, pattern(32)] })).toBe(false);
      if (proof.length === 0) continue;
      expect(verifyProof(native, { ...claim, proof: proof.slice(1) })).toBe(false);
      expect(verifyProof(native, { ...claim, proof: proof.slice(0, -1) })).toBe(false);
      for (let level = 0; level < proof.length; level++) {
        const altered = proof.map((sibling) => sibling.slice());
        altered[level]![31]! ^= 1;
        expect(verifyProof(native, { ...claim, proof: altered })).toBe(false);
      }
    }
  });

  test('a size under which the path is shaped differently is refused', () => {
    for (const size of sizes) {
      const leaves = leavesOf(size);
      const tree = new MerkleTree(native, leaves);
      for (let index = 0; index < size; index++) {
        const claim = { root: tree.root, size, index, leaf: leaves[index]!, proof: tree.proof(index) };
        for (const other of sizes) {
          // Where both sizes give a leaf the same path, the root cannot tell them apart: hence the size is hashed beside it.
          if (other > index && proofLength(other, index) !== claim.proof.length) {
            expect(verifyProof(native, { ...claim, size: other })).toBe(false);
          }
        }
        expect(verifyProof(native, { ...claim, size: index })).toBe(false);
      }
    }
  });

  test('portable and native build the same tree', () => {
    const leaves = leavesOf(23);
    const tree = new MerkleTree(portable, leaves);
    expect(tree.root).toEqual(new MerkleTree(native, leaves).root);
    expect(
      verifyProof(portable, { root: tree.root, size: 23, index: 22, leaf: leaves[22]!, proof: tree.proof(22) }),
    ).toBe(true);
  });

  test('the last of 2^k + 1 leaves needs one sibling only', () => {
    expect(proofLength(1025, 1024)).toBe(1);
    expect(proofLength(1025, 1023)).toBe(11);
    expect(proofLength(1, 0)).toBe(0);
  });

  test('malformed input: errors for the builder, false for the verifier', () => {
    const leaves = leavesOf(3);
    const tree = new MerkleTree(native, leaves);
    expectCode('wire-bounds', () => new MerkleTree(native, []));
    expectCode('wire-bounds', () => new MerkleTree(native, [pattern(31)]));
    for (const index of [-1, 3, 0.5, Number.NaN, 2 ** 32]) {
      expectCode('wire-bounds', () => tree.proof(index));
      expectCode('wire-bounds', () => proofLength(3, index));
      expect(verifyProof(native, { root: tree.root, size: 3, index, leaf: leaves[0]!, proof: tree.proof(0) })).toBe(
        false,
      );
    }
    expect(verifyProof(native, { root: pattern(31), size: 1, index: 0, leaf: pattern(31), proof: [] })).toBe(false);
    expect(verifyProof(native, { root: pattern(32), size: 2 ** 31, index: 0, leaf: pattern(32), proof: [] })).toBe(
      false,
    );
  });

  test('the tree keeps its own copies', () => {
    const leaves = leavesOf(4);
    const tree = new MerkleTree(native, leaves);
    const root = tree.root;
    leaves[0]!.fill(0);
    tree.proof(1)[0]!.fill(0);
    tree.root.fill(0);
    expect(tree.root).toEqual(root);
    expect(tree.proof(1)[0]).toEqual(leavesOf(4)[0]);
  });
});
