import type { Ring } from '../../../protocol/mpc/sharing/types.ts';
import { plainMap } from './plain.ts';

/**
 * Z_2^bits for a few bits, written from its definition: small enough to try all shares and masks, with the code that the
 * real rings run.
 * @param next what `draw` gives, one element at a time
 */
export function smallRing(bits: number, next: () => number = () => 0): Ring<Uint32Array> {
  const modulus = 2 ** bits;
  const wrap = (value: number): number => ((value % modulus) + modulus) % modulus;
  const signed = (value: number): number => (value >= modulus / 2 ? value - modulus : value);
  const each = (a: Uint32Array, b: Uint32Array, op: (x: number, y: number) => number): Uint32Array =>
    a.map((x, i) => wrap(op(x, b[i]!)));
  const ring: Ring<Uint32Array> = {
    bits: bits as 32,
    bytes: 4,
    zeros: (count) => new Uint32Array(count),
    draw: (_, count) => Uint32Array.from({ length: count }, next),
    add: (a, b) => each(a, b, (x, y) => x + y),
    subtract: (a, b) => each(a, b, (x, y) => x - y),
    negate: (a) => each(a, a, (x) => -x),
    multiply: (a, b) => each(a, b, (x, y) => x * y),
    addInto: (target, a) => target.set(each(target, a, (x, y) => x + y)),
    subtractInto: (target, a) => target.set(each(target, a, (x, y) => x - y)),
    apply: (map, weights, x, batch) =>
      Uint32Array.from(plainMap(map, Array.from(weights, BigInt), Array.from(x, BigInt), batch), (value) =>
        Number(BigInt.asUintN(bits, value)),
      ),
    prepare: (layers) => ({
      maps: layers.map(({ map, weights }) => ({ map, apply: (x, batch) => ring.apply(map, weights, x, batch) })),
      wipe: () => undefined,
    }),
    shiftRight: (a, shift, sign) => each(a, a, (x) => Math.floor((sign === 'signed' ? signed(x) : x) / 2 ** shift)),
    toBytes: (a) => new Uint8Array(a.slice().buffer),
    fromBytes: (bytes) => new Uint32Array(bytes.slice().buffer),
    toSigned: (a) => BigInt64Array.from(Array.from(a, (x) => BigInt(signed(x)))),
    fromSigned: (values) => Uint32Array.from(values, (value) => Number(BigInt.asUintN(bits, value))),
  };
  return ring;
}

/** All elements of Z_2^bits. */
export function elements(bits: number): number[] {
  return Array.from({ length: 2 ** bits }, (_, i) => i);
}
