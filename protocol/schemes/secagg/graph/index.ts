import { CairnError } from '../../../errors.ts';

/** Which members mask and share with each other: an undirected regular graph over the members 0…n − 1 of a cohort. */
export interface Graph {
  readonly n: number;
  /** Neighbours of each member. */
  readonly degree: number;
  /** The ring: the index of the member at each position of it. Undefined on the complete graph. */
  readonly ring?: Uint32Array;
  /**
   * The neighbours of a member in ascending order, without itself.
   * @throws CairnError `member-unknown` if there is no such index
   */
  neighbours(index: number): readonly number[];
  /** The same including the member itself: the holders of shares of its secrets. @throws CairnError `member-unknown` */
  holders(index: number): readonly number[];
  /**
   * The place of `neighbour` in `neighbours(index)`, without making that list: routing needs n·degree of them.
   * @throws CairnError `member-unknown` if the two are not neighbours
   */
  placeOf(index: number, neighbour: number): number;
}

function checkIndex(n: number, index: number): void {
  if (!Number.isSafeInteger(index) || index < 0 || index >= n) {
    throw new CairnError('member-unknown', `members have the indices 0 to ${n - 1}, but ${index} was requested`);
  }
}

function invalid(message: string): CairnError {
  return new CairnError('settings-invalid', message);
}

function strangers(index: number, other: number): CairnError {
  return new CairnError('member-unknown', `${other} is not a neighbour of ${index}`);
}

/** The first place in an ascending list whose value is not below `value`. */
function lowerBound(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Every member with every other (Bonawitz et al. 2017).
 * @throws CairnError `settings-invalid` if n is not an integer of at least 2
 */
export function completeGraph(n: number): Graph {
  if (!Number.isSafeInteger(n) || n < 2) throw invalid(`a graph has at least 2 members, but n is ${n}`);
  const everybody = Array.from({ length: n }, (_, index) => index);
  return {
    n,
    degree: n - 1,
    neighbours(index) {
      checkIndex(n, index);
      return Array.from({ length: n - 1 }, (_, other) => (other < index ? other : other + 1));
    },
    holders(index) {
      checkIndex(n, index);
      return everybody;
    },
    placeOf(index, neighbour) {
      checkIndex(n, index);
      checkIndex(n, neighbour);
      if (index === neighbour) throw strangers(index, neighbour);
      return neighbour < index ? neighbour : neighbour - 1;
    },
  };
}

/**
 * A permuted ring (Bell et al. 2020): the members at ring positions ±1 … ±degree/2 are neighbours.
 * @param permutation - `permutation[position]` is the index of the member at that position of the ring
 * @throws CairnError `settings-invalid` if the degree is odd or not from 2 below n, or the permutation is not one
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
  // Each list is made once, when it is first asked for: a client needs one, the server all of them, many times.
  const lists = new Array<readonly number[] | undefined>(n);
  const neighbours = (index: number): readonly number[] => {
    checkIndex(n, index);
    const known = lists[index];
    if (known !== undefined) return known;
    const position = positions[index]!;
    const found: number[] = [];
    for (let step = 1; step <= degree / 2; step++) {
      found.push(ring[(position + step) % n]!, ring[(position + n - step) % n]!);
    }
    return (lists[index] = found.sort((a, b) => a - b));
  };
  return {
    n,
    degree,
    ring,
    neighbours,
    holders(index) {
      const found = [...neighbours(index)];
      found.splice(lowerBound(found, index), 0, index);
      return found;
    },
    placeOf(index, neighbour) {
      const list = neighbours(index);
      const place = lowerBound(list, neighbour);
      if (list.at(place) !== neighbour) throw strangers(index, neighbour);
      return place;
    },
  };
}

/**
 * A permutation of 0…n − 1 by Fisher and Yates: for i from n − 1 down to 1, swap i with `nextUniform(i + 1)`. Every
 * member derives it from the joint randomness of round 0, so the order of draws is part of the protocol.
 * @param nextUniform - a uniform integer from 0 below its bound
 * @throws CairnError `internal` if `nextUniform` leaves its bound
 */
export function permutationFrom(n: number, nextUniform: (bound: number) => number): Uint32Array {
  const permutation = Uint32Array.from({ length: n }, (_, index) => index);
  for (let i = n - 1; i >= 1; i--) {
    const j = nextUniform(i + 1);
    if (!Number.isSafeInteger(j) || j < 0 || j > i) {
      throw new CairnError('internal', `a uniform number below ${i + 1} was requested, but got ${j}`);
    }
    const swapped = permutation[i]!;
    permutation[i] = permutation[j]!;
    permutation[j] = swapped;
  }
  return permutation;
}
