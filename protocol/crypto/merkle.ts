import { CairnError } from '../errors.ts';
import { equalBytes } from './bytes.ts';
import type { Primitives } from './primitives.ts';
import { type Label, LABELS, SIZES } from './suite.ts';
import { transcript } from './transcript.ts';

// The shape is that of RFC 6962 §2.1: a tree over n leaves splits at the largest power of two below n. Built from the
// leaves up that means: pair neighbours, and lift the last one unchanged if its row is odd. Leaves are hashed by the
// caller under a separate label, so no node can pass for a leaf.

/** Maximum number of leaves: indices and sizes are 32-bit integers whose sign is unused. */
const MAX_LEAVES = 2 ** 31 - 1;

/** Labels of inner nodes: of a roster, or of the shares that one member revealed. */
export type NodeLabel = Extract<Label, typeof LABELS.rosterNode | typeof LABELS.shareNode>;

function parent(primitives: Primitives, label: NodeLabel, left: Uint8Array, right: Uint8Array): Uint8Array {
  return transcript(primitives, label, left, right);
}

function isPosition(size: number, index: number): boolean {
  return (
    Number.isInteger(size) && size >= 1 && size <= MAX_LEAVES && Number.isInteger(index) && index >= 0 && index < size
  );
}

function expectPosition(size: number, index: number): void {
  if (isPosition(size, index)) return;
  throw new CairnError('wire-bounds', `merkle leaf: expected an index below the tree's size ${size}, got ${index}`);
}

/** A Merkle tree over 32-byte leaf hashes, built once: n − 1 hashes, and each proof takes O(log n) look-ups. */
export class MerkleTree {
  /** Rows of nodes, leaves first; the last row is the root alone. */
  readonly #rows: (readonly Uint8Array[])[];

  /**
   * @param label of inner nodes; a roster's by default
   * @throws CairnError `wire-bounds` for no leaves, or a leaf that is not 32 bytes
   */
  constructor(primitives: Primitives, leaves: readonly Uint8Array[], label: NodeLabel = LABELS.rosterNode) {
    if (leaves.length === 0) throw new CairnError('wire-bounds', 'merkle tree: expected at least one leaf, got none');
    for (const leaf of leaves) {
      if (leaf.length === SIZES.hash) continue;
      throw new CairnError('wire-bounds', `merkle leaf: expected ${SIZES.hash} bytes, got ${leaf.length}`);
    }
    let row: readonly Uint8Array[] = leaves.map((leaf) => leaf.slice());
    this.#rows = [row];
    while (row.length > 1) {
      const above: Uint8Array[] = [];
      for (let i = 0; i + 1 < row.length; i += 2) above.push(parent(primitives, label, row[i]!, row[i + 1]!));
      if (row.length % 2 === 1) above.push(row[row.length - 1]!);
      this.#rows.push(above);
      row = above;
    }
  }

  /** Number of leaves. */
  get size(): number {
    return this.#rows[0]!.length;
  }

  /** The root: 32 bytes; of a tree with one leaf, that leaf. */
  get root(): Uint8Array {
    return this.#rows[this.#rows.length - 1]![0]!.slice();
  }

  /**
   * The siblings on the way from a leaf to the root, lowest first.
   * @throws CairnError `wire-bounds` for an index outside the tree
   */
  proof(index: number): Uint8Array[] {
    expectPosition(this.size, index);
    const siblings: Uint8Array[] = [];
    let position = index;
    for (const row of this.#rows) {
      const sibling = position ^ 1;
      if (sibling < row.length) siblings.push(row[sibling]!.slice());
      position >>>= 1;
    }
    return siblings;
  }
}

/**
 * The number of siblings in the proof of leaf `index` of a tree with `size` leaves: ceil(log2(size)) or less, since
 * lifted nodes have no sibling.
 * @throws CairnError `wire-bounds` for an index outside the tree
 */
export function proofLength(size: number, index: number): number {
  expectPosition(size, index);
  let length = 0;
  for (let width = size, position = index; width > 1; width = (width + 1) >>> 1, position >>>= 1) {
    if ((position ^ 1) < width) length++;
  }
  return length;
}

/** The claim that {@link verifyProof} checks: that the tree of `size` leaves under `root` has `leaf` at `index`. */
export interface MerkleClaim {
  readonly root: Uint8Array;
  readonly size: number;
  readonly index: number;
  readonly leaf: Uint8Array;
  /** Siblings, lowest first, as {@link MerkleTree.proof} gives them. */
  readonly proof: readonly Uint8Array[];
  /** Label of inner nodes; a roster's by default. */
  readonly label?: NodeLabel;
}

/**
 * Whether a claim holds. False, never an error, for indices out of range and proofs of a wrong length.
 *
 * A root fixes every leaf at its index *given the size*: the same root can be claimed for two sizes, so whatever
 * commits to the root must hash the size beside it (the session id does).
 */
export function verifyProof(primitives: Primitives, claim: MerkleClaim): boolean {
  const { root } = claim;
  const node = rootFrom(primitives, claim);
  return node !== undefined && equalBytes(node, root);
}

/**
 * The root of the tree that a leaf would belong to by its proof; undefined for indices out of range and proofs of a
 * wrong length. For roots that are signed rather than sent.
 */
export function rootFrom(primitives: Primitives, claim: Omit<MerkleClaim, 'root'>): Uint8Array | undefined {
  const { size, index, leaf, proof, label = LABELS.rosterNode } = claim;
  if (!isPosition(size, index) || proof.length !== proofLength(size, index)) return undefined;
  if (leaf.length !== SIZES.hash || proof.some((sibling) => sibling.length !== SIZES.hash)) return undefined;
  let node = leaf;
  let used = 0;
  for (let width = size, position = index; width > 1; width = (width + 1) >>> 1, position >>>= 1) {
    if ((position ^ 1) >= width) continue;
    const sibling = proof[used++]!;
    node = position % 2 === 0 ? parent(primitives, label, node, sibling) : parent(primitives, label, sibling, node);
  }
  return node;
}
