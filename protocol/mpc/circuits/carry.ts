import type { CircuitBuilder, Wire, Word } from './builder.ts';

/**
 * Carries of an addition by parallel prefix. A group of neighbouring bits is a pair: `propagates` says that the carry
 * into the group is the carry out of it, and otherwise `carry` is the carry out. For a single bit of operands a and b
 * that is a ⊕ b and a, which takes no AND at all; with generate and propagate bits, as adders in hardware have them, it
 * would take one. Joining two groups takes two ANDs, and one if the carry into the lower group is known. So the carry
 * out of n bits takes 2n − d ANDs at depth d = ⌈log2(n + 1)⌉, which no circuit can go below, since the carry is a
 * polynomial of degree n + 1 in the bits. The comparison by a tree of Garay, Schoenmakers and Villegas (PKC 2007), which
 * Schneider and Zohner (FC 2013) use for GMW, takes 3n − ⌈log2 n⌉ − 2 at depth ⌈log2 n⌉ + 1.
 */
interface Group {
  readonly carry: Wire;
  readonly propagates: Wire;
}

/** The smallest depth at which the carry out of `count` bits can be computed: ⌈log2(count + 1)⌉. */
export function carryDepth(count: number): number {
  return 32 - Math.clz32(count);
}

/** The carries of a + b + carryIn, each computed when it is asked for; what two of them share is one gate. */
export class Carries {
  readonly #builder: CircuitBuilder;
  readonly #a: Word;
  readonly #b: Word;
  readonly #carryIn: Wire;

  /** @param carryIn the carry into the lowest bit */
  constructor(builder: CircuitBuilder, a: Word, b: Word, carryIn: Wire = builder.zero) {
    this.#builder = builder;
    this.#a = a;
    this.#b = b;
    this.#carryIn = carryIn;
  }

  /**
   * The carry out of the lowest `count` bits, at depth `depth` and with few ANDs.
   *
   * Below, the carries out of 1, 3, 7, 15, … bits are computed, at depth 1, 2, 3, 4, …: each joins a group of 2^k bits
   * (at depth k) to the carry before it. Groups are cut into powers of two from their lower end, so that all carries use
   * the same. What is above the last of these carries is joined block by block as far as the depth allows, and the
   * blocks that are left are joined to one group first, which takes one AND more each.
   * @param depth from {@link carryDepth} of `count`
   */
  out(count: number, depth = carryDepth(count)): Wire {
    if (count === 0) return this.#carryIn;
    const level = 31 - Math.clz32(count + 1);
    const below = 2 ** level - 1;
    let carry = level === 0 ? this.#carryIn : this.#outOfPower(level);
    let at = below;
    for (let left = depth - level; at < count; left--) {
      // The last step takes all that is left.
      const size = left === 1 ? count - at : highestPower(count - at);
      carry = this.#into(this.#group(at, size), carry);
      at += size;
    }
    return carry;
  }

  /** The carry out of the lowest 2^level − 1 bits. */
  #outOfPower(level: number): Wire {
    let carry = this.#carryIn;
    for (let k = 0; k < level; k++) carry = this.#into(this.#group(2 ** k - 1, 2 ** k), carry);
    return carry;
  }

  #group(first: number, size: number): Group {
    const builder = this.#builder;
    if (size === 1) {
      const [a, b] = [this.#a[first]!, this.#b[first]!];
      return { carry: a, propagates: builder.xor(a, b) };
    }
    const half = highestPower(size - 1);
    const low = this.#group(first, half);
    const high = this.#group(first + half, size - half);
    return { carry: this.#into(high, low.carry), propagates: builder.and(high.propagates, low.propagates) };
  }

  #into({ carry, propagates }: Group, carryIn: Wire): Wire {
    return this.#builder.mux(propagates, carryIn, carry);
  }
}

/** The highest power of two that is not above a number from 1. */
function highestPower(of: number): number {
  return 2 ** (31 - Math.clz32(of));
}
