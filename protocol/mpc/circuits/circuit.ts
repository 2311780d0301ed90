/** The kinds of gates. XOR and NOT are free for both garbling (free XOR) and GMW; an AND costs. */
export const GATE = { xor: 0, and: 1, not: 2 } as const;

/** A group of input wires that one party knows. */
export interface CircuitInput {
  readonly name: string;
  /** Number of wires, the first being the lowest bit. */
  readonly width: number;
  /** Who knows these bits: the garbler or first party of GMW (0), or the evaluator or second party (1). */
  readonly party: 0 | 1;
}

/**
 * A Boolean circuit as a structure of arrays. Its wires are the inputs, in order, and then one for each gate: gate g
 * makes wire {@link inputWires} + g from wires that come before it. {@link CircuitBuilder} is the only maker, so a
 * circuit need not be checked by those that run it; none is ever read from the other side.
 */
export interface Circuit {
  /** What it computes and at which sizes, such as `rectify 32 12`. */
  readonly name: string;
  readonly inputs: readonly CircuitInput[];
  /** Number of wires: inputs and gates. */
  readonly wires: number;
  /** A {@link GATE} for each gate. */
  readonly kinds: Uint8Array;
  /** The wire that is each gate's first operand. */
  readonly left: Uint32Array;
  /** The second operand; for NOT the same as the first. */
  readonly right: Uint32Array;
  /** The wires that are the outputs. A wire may be there twice, and may be an input. */
  readonly outputs: Uint32Array;
  /** Number of AND gates. */
  readonly ands: number;
  /** ANDs on the longest path: the rounds that GMW takes. */
  readonly depth: number;
}

/** Number of input wires of both parties. */
export function inputWires({ inputs }: Pick<Circuit, 'inputs'>): number {
  return inputs.reduce((total, { width }) => total + width, 0);
}

/** The wires that a party knows, in order. */
export function wiresOf({ inputs }: Pick<Circuit, 'inputs'>, party: 0 | 1): Uint32Array {
  const known = inputs.filter((input) => input.party === party);
  const wires = new Uint32Array(inputWires({ inputs: known }));
  let at = 0;
  let first = 0;
  for (const input of inputs) {
    if (input.party === party) for (let bit = 0; bit < input.width; bit++) wires[at++] = first + bit;
    first += input.width;
  }
  return wires;
}
