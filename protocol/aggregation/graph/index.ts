import { CairnError } from '../../errors.ts';

/** Who masks with, and shares to, whom: an undirected regular graph over the members 0…n − 1 of a cohort. */
export interface Graph {
  readonly n: number;
  /** Neighbours of each member. */
  readonly degree: number;
  /**
   * The neighbours of a member in ascending order, without itself.
   * @throws CairnError `member-unknown` where there is no such index
   */
  neighbours(index: number): readonly number[];
}

function checkIndex(n: number, index: number): void {
  if (!Number.isSafeInteger(index) || index < 0 || index >= n) {
    throw new CairnError('member-unknown', `members have the indices 0 to ${n - 1}, but ${index} was asked for`);
  }
}

function invalid(message: string): CairnError {
  return new CairnError('settings-invalid', message);
}

/**
 * Everybody with everybody (Bonawitz et al. 2017).
 * @throws CairnError `settings-invalid` where n is not a whole number from 2
 */
export function completeGraph(n: number): Graph {
  if (!Number.isSafeInteger(n) || n < 2) throw invalid(`a graph has at least 2 members, but n is ${n}`);
  return {
    n,
    degree: n - 1,
    neighbours(index) {
      checkIndex(n, index);
      return Array.from({ length: n - 1 }, (_, other) => (other < index ? other : other + 1));
    },
  };
}

/**
 * A permuted ring (Bell et al. 2020): the members at ring positions ±1 … ±degree/2 are neighbours.
 * @param permutation - `permutation[position]` is the index of the member at that position of the ring
 * @throws CairnError `settings-invalid` where the degree is odd or not from 2 below n, or the permutation is none
 */
export function ringGraph(n: number, degree: number, permutation: Uint32Array): Graph {
  if (!Number.isSafeInteger(n) || n < 3) throw invalid(`a ring has at least 3 members, but n is ${n}`);
  if (!Number.isSafeInteger(degree) || degree < 2 || degree >= n || degree % 2 !== 0) {
    throw invalid(`the degree of a ring of ${n} is even, at least 2 and below ${n}, but is ${degree}`);
  }
  if (permutation.length !== n) throw invalid(`a permutation of ${n} has ${permutation.length} entries`);
  const ring = permutation.slice();
  const positions = new Uint32Array(n).fill(n);
  ring.forEach((index, position) => {
    if (index >= n || positions[index] !== n) throw invalid(`index ${index} is repeated or not below ${n}`);
    positions[index] = position;
  });
  return {
    n,
    degree,
    neighbours(index) {
      checkIndex(n, index);
      const position = positions[index];
      const found: number[] = [];
      for (let step = 1; step <= degree / 2; step++) {
        found.push(ring[(position + step) % n], ring[(position + n - step) % n]);
      }
      return found.sort((a, b) => a - b);
    },
  };
}

/**
 * A permutation of 0…n − 1 by Fisher and Yates: for i from n − 1 down to 1, swap i with `nextUniform(i + 1)`. Every
 * member derives it from the joint randomness of round 0, so the order of draws is part of the protocol.
 * @param nextUniform - a uniform whole number from 0 below its bound
 * @throws CairnError `internal` where `nextUniform` leaves its bound
 */
export function permutationFrom(n: number, nextUniform: (bound: number) => number): Uint32Array {
  const permutation = Uint32Array.from({ length: n }, (_, index) => index);
  for (let i = n - 1; i >= 1; i--) {
    const j = nextUniform(i + 1);
    if (!Number.isSafeInteger(j) || j < 0 || j > i) {
      throw new CairnError('internal', `a uniform number below ${i + 1} was asked for, but ${j} came`);
    }
    const swapped = permutation[i];
    permutation[i] = permutation[j];
    permutation[j] = swapped;
  }
  return permutation;
}
