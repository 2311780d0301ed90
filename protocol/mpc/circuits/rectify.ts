import { CairnError } from '../../errors.ts';
import { CircuitBuilder, type Wire } from './builder.ts';
import { Carries, carryDepth } from './carry.ts';
import type { Circuit } from './circuit.ts';

/**
 * What two parties must know of z = z0 + z1 mod 2^bits, of which each has one share, to rectify or shift it by
 * arithmetic on their shares. They are written for GMW: depth first, then ANDs, and only the carries that are needed.
 */

/**
 * Sign and carries for ReLU with an exact shift: relu(z) >> shift = n · ((z0 >> shift) + (z1 >> shift) + c −
 * w · 2^(bits − shift)).
 *
 * Outputs, for shift > 0: n = 1 if z ≥ 0 as a signed number; c, the carry out of the low `shift` bits of z0 + z1; w, the
 * carry out of the whole word, right only if n = 1: then the top bits of z0, z1 and the carry into them add up to 0 or 2,
 * so a carry leaves the word if one of z0 and z1 has its top bit set. With shift = 0 only n.
 *
 * Depth ⌈log2 bits⌉, which is minimal; 2(bits − 1) − depth ANDs for n, one for w, and some for c: in all 57 at 32 bits
 * without a shift and 60 for a shift by 12; at 64 bits 120, and 123 for a shift by 20.
 * @param bits width of the words, from 2
 * @param shift from 0 to bits − 1
 * @throws CairnError `internal` for other sizes
 */
export function rectifyCircuit(bits: number, shift: number): Circuit {
  expectSizes('rectify', bits, shift, 0);
  const { builder, z0, z1 } = sharedWord(bits);
  const top = bits - 1;
  const carries = new Carries(builder, z0, z1);
  const depth = carryDepth(top);
  const negative = builder.xor(builder.xor(z0[top]!, z1[top]!), carries.out(top, depth));
  const outputs = [builder.not(negative)];
  if (shift > 0) outputs.push(carries.out(shift, depth), builder.or(z0[top]!, z1[top]!));
  return builder.build(`rectify ${bits} ${shift}`, outputs);
}

/**
 * Carries for an exact shift without ReLU: z >> shift = (z0 >> shift) + (z1 >> shift) + c − w · 2^(bits − shift), with z
 * as an unsigned number. Outputs [c, w] as in {@link rectifyCircuit}, but w is right for every z if `range` is `any`
 * (depth ⌈log2(bits + 1)⌉), and for z below 2^(bits − 1) if it is `half` (depth ⌈log2(shift + 1)⌉, and one AND for w).
 * @param bits width of the words, from 2
 * @param shift from 1 to bits − 1
 * @throws CairnError `internal` for other sizes
 */
export function wrapCircuit(bits: number, shift: number, range: 'any' | 'half' = 'any'): Circuit {
  expectSizes('wrap', bits, shift, 1);
  const { builder, z0, z1 } = sharedWord(bits);
  const carries = new Carries(builder, z0, z1);
  const depth = carryDepth(range === 'any' ? bits : shift);
  const wraps: Wire = range === 'any' ? carries.out(bits, depth) : builder.or(z0[bits - 1]!, z1[bits - 1]!);
  return builder.build(`wrap ${bits} ${shift} ${range}`, [carries.out(shift, depth), wraps]);
}

function sharedWord(bits: number) {
  const builder = new CircuitBuilder();
  return { builder, z0: builder.input('z0', bits, 0), z1: builder.input('z1', bits, 1) };
}

function expectSizes(name: string, bits: number, shift: number, minShift: number): void {
  const whole = Number.isSafeInteger(bits) && Number.isSafeInteger(shift);
  if (whole && bits >= 2 && shift >= minShift && shift < bits) return;
  throw new CairnError(
    'internal',
    `${name}: expected a shift from ${minShift} below the width, got ${shift} of ${bits}`,
  );
}
