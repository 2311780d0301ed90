import { CairnError } from '../../errors.ts';
import { add, subtract } from './add.ts';
import { CircuitBuilder, type Word } from './builder.ts';
import type { Circuit } from './circuit.ts';
import { argmaxOf, maxOf, relu } from './compare.ts';
import type { Pieces } from './pieces.ts';
import { piecewiseLinear } from './piecewise.ts';
import { signExtended } from './words.ts';

/**
 * Circuits for garbling on values of which each party has one share: z = z0 + z1 mod 2^bits. They add the shares,
 * compute, and subtract a number r that the garbler has drawn, so that its new share is r, and what comes out is the
 * evaluator's. The inputs are z0 and r of party 0, and z1 of party 1; several values follow each other in one input.
 *
 * Each may first shift its values right, as signed numbers (⌊z / 2^shift⌋, exactly): that costs nothing, and saves the
 * ANDs of the bits that are dropped.
 */

/** max(z, 0) >> shift, minus r. 3(bits − 1) − shift ANDs: 93 at 32 bits without a shift, 189 at 64. */
export function sharedRelu(bits: number, shift = 0): Circuit {
  const { builder, values, finish } = sharedValues('relu', 1, bits, shift);
  return finish(relu(builder, values[0]!));
}

/** How {@link sharedMax} treats its values. */
export interface SharedMaxOptions {
  /** Bits to shift right by; 0 if omitted. */
  readonly shift?: number;
  /** Whether 0 is among the values: max-pooling followed by ReLU. No if omitted. */
  readonly rectified?: boolean;
}

/**
 * The largest of `count` signed values z, minus r: max-pooling. (3 · count − 1) · bits − 2(count − 1) · shift − count − 1
 * ANDs, and bits − shift − 1 more if rectified.
 */
export function sharedMax(
  count: number,
  bits: number,
  { shift = 0, rectified = false }: SharedMaxOptions = {},
): Circuit {
  const { builder, values, finish } = sharedValues(
    rectified ? `max-relu ${count}` : `max ${count}`,
    count,
    bits,
    shift,
  );
  const largest = maxOf(builder, values, 'signed', 'few');
  return finish(rectified ? relu(builder, largest) : largest);
}

/**
 * The index of the largest of `count` signed values, of the first one among equals: ⌈log2 count⌉ bits.
 * @param masked whether each bit is XORed with one of r, an input of party 0 after z0, so that the index stays shared; if
 * not, a party that learns the outputs learns it
 */
export function sharedArgmax(count: number, bits: number, masked = false): Circuit {
  expectSizes('argmax', count, bits, 0);
  if (count < 2) throw new CairnError('internal', `argmax: expected 2 values or more, got ${count}`);
  const builder = new CircuitBuilder();
  const z0 = builder.input('z0', count * bits, 0);
  const r = masked ? builder.input('r', 32 - Math.clz32(count - 1), 0) : [];
  const values = joined(builder, z0, builder.input('z1', count * bits, 1), bits, 0);
  const index = argmaxOf(builder, values, 'signed', 'few');
  const outputs = masked ? index.map((wire, bit) => builder.xor(wire, r[bit]!)) : index;
  return builder.build(`${masked ? 'masked argmax' : 'argmax'} ${count} ${bits}`, outputs);
}

/**
 * A function by straight lines of z >> shift, minus r: sigmoid and tanh.
 * @param name of the function, for the circuit's name
 */
export function sharedPiecewise(name: string, pieces: Pieces, bits: number, shift = 0): Circuit {
  const { builder, values, finish } = sharedValues(name, 1, bits, shift);
  return finish(piecewiseLinear(builder, values[0]!, pieces, 'few'));
}

/**
 * Begins a circuit on `count` shared values: adds their shares and drops `shift` bits. `finish` takes a signed result of
 * any width up to `bits`, subtracts r and builds the circuit.
 * @throws CairnError `internal` for other than positive sizes, or a shift of all bits but one
 */
function sharedValues(name: string, count: number, bits: number, shift: number) {
  expectSizes(name, count, bits, shift);
  const builder = new CircuitBuilder();
  const z0 = builder.input('z0', count * bits, 0);
  const r = builder.input('r', bits, 0);
  const values = joined(builder, z0, builder.input('z1', count * bits, 1), bits, shift);
  const finish = (result: Word): Circuit => {
    return builder.build(`${name} ${bits} ${shift}`, subtract(builder, signExtended(result, bits), r, 'few'));
  };
  return { builder, values, finish };
}

function joined(builder: CircuitBuilder, z0: Word, z1: Word, bits: number, shift: number): Word[] {
  return Array.from({ length: z0.length / bits }, (_, at) => {
    const [first, end] = [at * bits, (at + 1) * bits];
    return add(builder, z0.slice(first, end), z1.slice(first, end), 'few').slice(shift);
  });
}

function expectSizes(name: string, count: number, bits: number, shift: number): void {
  const whole = [count, bits, shift].every((size) => Number.isSafeInteger(size));
  if (whole && count >= 1 && bits >= 2 && shift >= 0 && shift < bits - 1) return;
  throw new CairnError(
    'internal',
    `${name}: expected values of 2 bits or more, more than are dropped, got ${count} of ${bits}, ${shift} dropped`,
  );
}
