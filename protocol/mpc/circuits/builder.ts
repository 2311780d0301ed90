import { CairnError } from '../../errors.ts';
import { type Circuit, type CircuitInput, GATE } from './circuit.ts';

declare const WIRE: unique symbol;

/** A wire of a circuit that is being built: meaningful to its own builder alone. */
export type Wire = number & { readonly [WIRE]: true };

/** Wires that together are a number, lowest bit first. */
export type Word = readonly Wire[];

/** Node 0 is the constant 0, so wire 1, its complement, is the constant 1. */
const CONSTANT = 3;
const INPUT = 4;

/** Two wires make one key of a Map, which must stay below 2^53. */
const MAX_NODES = 2 ** 25;

/**
 * Builds a {@link Circuit}. A wire is a node and a bit that says whether it is complemented, so that NOT costs no node,
 * `x` and `¬x` share one, and two gates that compute the same are one. Whatever has a constant operand, or the same
 * operand twice, is folded: circuits of constants need no versions of their own.
 */
export class CircuitBuilder {
  readonly #inputs: CircuitInput[] = [];
  readonly #inputNodes: number[] = [];
  readonly #kinds: number[] = [CONSTANT];
  readonly #left: number[] = [0];
  readonly #right: number[] = [0];
  readonly #depths: number[] = [0];
  readonly #known = { [GATE.xor]: new Map<number, number>(), [GATE.and]: new Map<number, number>() };

  readonly zero = 0 as Wire;
  readonly one = 1 as Wire;

  constant(bit: boolean): Wire {
    return bit ? this.one : this.zero;
  }

  /** Adds an input of `width` bits that `party` knows. */
  input(name: string, width: number, party: 0 | 1): Word {
    if (!Number.isSafeInteger(width) || width < 1) {
      throw new CairnError('internal', `circuit input ${name}: expected a width from 1, got ${width}`);
    }
    this.#inputs.push({ name, width, party });
    return Array.from({ length: width }, () => {
      const node = this.#node(INPUT, 0, 0, 0);
      this.#inputNodes.push(node);
      return wireOf(node);
    });
  }

  not(a: Wire): Wire {
    return (a ^ 1) as Wire;
  }

  xor(a: Wire, b: Wire): Wire {
    const complemented = (a ^ b) & 1;
    const low = Math.min(a, b) & ~1;
    const high = Math.max(a, b) & ~1;
    return (this.#xorOf(low, high) ^ complemented) as Wire;
  }

  and(a: Wire, b: Wire): Wire {
    const low = Math.min(a, b);
    const high = Math.max(a, b);
    if (low === this.zero) return this.zero;
    if (low === this.one || low === high) return high as Wire;
    if ((low ^ 1) === high) return this.zero;
    return this.#gate(GATE.and, low, high);
  }

  or(a: Wire, b: Wire): Wire {
    return this.not(this.and(this.not(a), this.not(b)));
  }

  /** One of two, by one AND. */
  mux(choice: Wire, whenSet: Wire, whenClear: Wire): Wire {
    return this.xor(whenClear, this.and(choice, this.xor(whenSet, whenClear)));
  }

  /** ANDs on the longest path from an input to this wire. */
  depthOf(wire: Wire): number {
    return this.#depths[wire >> 1]!;
  }

  /**
   * The circuit of these outputs. Gates that no output needs are dropped, inputs are not.
   * @throws CairnError `internal` without an input
   */
  build(name: string, outputs: Word): Circuit {
    const first = this.#inputNodes[0];
    if (first === undefined) throw new CairnError('internal', `circuit ${name}: expected an input`);
    const gates = new GateList(this.#inputNodes);
    const needed = this.#neededBy(outputs);
    for (let node = 1; node < this.#kinds.length; node++) {
      const kind = this.#kinds[node]!;
      if (kind === INPUT || needed[node] === 0) continue;
      const left = gates.wireFor(this.#left[node]!);
      gates.add(kind, left, gates.wireFor(this.#right[node]!), node);
    }
    // A constant output is an input XORed with itself.
    if (needed[0] === 1) gates.add(GATE.xor, gates.wireFor(wireOf(first)), gates.wireFor(wireOf(first)), 0);
    const wires = Uint32Array.from(outputs, (wire) => gates.wireFor(wire));
    return {
      name,
      inputs: [...this.#inputs],
      wires: gates.wires,
      kinds: Uint8Array.from(gates.kinds),
      left: Uint32Array.from(gates.left),
      right: Uint32Array.from(gates.right),
      outputs: wires,
      ands: gates.kinds.reduce((count, kind) => count + (kind === GATE.and ? 1 : 0), 0),
      depth: outputs.reduce((deepest, wire) => Math.max(deepest, this.depthOf(wire)), 0),
    };
  }

  /** XOR of two wires that are not complemented, low ≤ high. */
  #xorOf(low: number, high: number): Wire {
    if (low === high) return this.zero;
    if (low === this.zero) return high as Wire;
    for (const [gate, other] of [
      [low, high],
      [high, low],
    ] as const) {
      // (a ⊕ b) ⊕ b = a
      if (this.#kinds[gate >> 1] !== GATE.xor) continue;
      if (this.#left[gate >> 1] === other) return this.#right[gate >> 1] as Wire;
      if (this.#right[gate >> 1] === other) return this.#left[gate >> 1] as Wire;
    }
    return this.#gate(GATE.xor, low, high);
  }

  #gate(kind: typeof GATE.xor | typeof GATE.and, left: number, right: number): Wire {
    const key = left * 2 * MAX_NODES + right;
    let node = this.#known[kind].get(key);
    if (node === undefined) {
      const depth = Math.max(this.#depths[left >> 1]!, this.#depths[right >> 1]!) + (kind === GATE.and ? 1 : 0);
      node = this.#node(kind, left, right, depth);
      this.#known[kind].set(key, node);
    }
    return wireOf(node);
  }

  #node(kind: number, left: number, right: number, depth: number): number {
    if (this.#kinds.length >= MAX_NODES) throw new CairnError('internal', `a circuit of more than ${MAX_NODES} gates`);
    this.#left.push(left);
    this.#right.push(right);
    this.#depths.push(depth);
    return this.#kinds.push(kind) - 1;
  }

  /** For each node 1 if an output depends on it. */
  #neededBy(outputs: Word): Uint8Array {
    const needed = new Uint8Array(this.#kinds.length);
    for (const wire of outputs) needed[wire >> 1] = 1;
    for (let node = needed.length - 1; node > 0; node--) {
      if (needed[node] === 0 || this.#kinds[node] === INPUT) continue;
      needed[this.#left[node]! >> 1] = 1;
      needed[this.#right[node]! >> 1] = 1;
    }
    return needed;
  }
}

/** The gates of a circuit in their final order, and which wire each node of the builder became. */
class GateList {
  readonly kinds: number[] = [];
  readonly left: number[] = [];
  readonly right: number[] = [];
  readonly #inputs: number;
  readonly #wires = new Map<number, number>();

  constructor(inputNodes: readonly number[]) {
    this.#inputs = inputNodes.length;
    for (const [at, node] of inputNodes.entries()) this.#wires.set(wireOf(node), at);
  }

  get wires(): number {
    return this.#inputs + this.kinds.length;
  }

  /** The final wire; the NOT gate of a complemented one is made when it is first asked for. */
  wireFor(wire: number): number {
    const known = this.#wires.get(wire);
    if (known !== undefined) return known;
    const plain = this.#wires.get(wire ^ 1)!;
    return this.#append(GATE.not, plain, plain, wire);
  }

  add(kind: number, left: number, right: number, node: number): void {
    this.#append(kind, left, right, wireOf(node));
  }

  #append(kind: number, left: number, right: number, wire: number): number {
    const made = this.wires;
    this.kinds.push(kind);
    this.left.push(left);
    this.right.push(right);
    this.#wires.set(wire, made);
    return made;
  }
}

function wireOf(node: number): Wire {
  return (2 * node) as Wire;
}
