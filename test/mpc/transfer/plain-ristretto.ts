import { createHash } from 'node:crypto';

/**
 * ristretto255 (RFC 9496) and the equations of the base transfers once more, by the shortest way and sharing no code
 * with the library: what the vectors of the tests are checked against.
 */

const P = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

const mod = (x: bigint): bigint => ((x % P) + P) % P;

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base; exponent > 0n; exponent >>= 1n, square = mod(square * square)) {
    if (exponent & 1n) result = mod(result * square);
  }
  return result;
}

const inverse = (x: bigint): bigint => power(x, P - 2n);
const D = mod(-121665n * inverse(121666n));
const ROOT = power(2n, (P - 1n) / 4n);
const isNegative = (x: bigint): boolean => (x & 1n) === 1n;
const absolute = (x: bigint): bigint => (isNegative(x) ? mod(-x) : x);

/** The non-negative square root of 1 / x, or of 1 / (ROOT · x). */
function inverseRoot(x: bigint): bigint {
  const root = mod(power(x, 3n) * power(power(x, 7n), (P - 5n) / 8n));
  const check = mod(x * root * root);
  return absolute(check === mod(-1n) || check === mod(-ROOT) ? mod(root * ROOT) : root);
}

/** Extended coordinates on −x² + y² = 1 + d·x²·y². */
export type PlainPoint = readonly [x: bigint, y: bigint, z: bigint, t: bigint];

export const ZERO: PlainPoint = [0n, 1n, 1n, 0n];
const Y = mod(4n * inverse(5n));
const X = 15112221349535400772501151409588531511454012693041857206046113283949847762202n;
export const BASE: PlainPoint = [X, Y, 1n, mod(X * Y)];

export function add([x1, y1, z1, t1]: PlainPoint, [x2, y2, z2, t2]: PlainPoint): PlainPoint {
  const a = mod((y1 - x1) * (y2 - x2));
  const b = mod((y1 + x1) * (y2 + x2));
  const c = mod(2n * D * t1 * t2);
  const d = mod(2n * z1 * z2);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

export const negate = ([x, y, z, t]: PlainPoint): PlainPoint => [mod(-x), y, z, mod(-t)];

export function multiply(point: PlainPoint, scalar: bigint): PlainPoint {
  let result = ZERO;
  for (let double = point; scalar > 0n; scalar >>= 1n, double = add(double, double)) {
    if (scalar & 1n) result = add(result, double);
  }
  return result;
}

/** RFC 9496 §4.3.2. */
export function encode([x0, y0, z0, t0]: PlainPoint): Uint8Array {
  const u1 = mod((z0 + y0) * (z0 - y0));
  const u2 = mod(x0 * y0);
  const root = inverseRoot(mod(u1 * u2 * u2));
  const [d1, d2] = [mod(root * u1), mod(root * u2)];
  const z = mod(d1 * d2 * t0);
  const rotate = isNegative(mod(t0 * z));
  const x = rotate ? mod(y0 * ROOT) : x0;
  let y = rotate ? mod(x0 * ROOT) : y0;
  const d = rotate ? mod(d1 * inverseRoot(mod(-1n - D))) : d2;
  if (isNegative(mod(x * z))) y = mod(-y);
  let s = absolute(mod((z0 - y) * d));
  return Uint8Array.from({ length: 32 }, () => {
    const byte = Number(s & 255n);
    s >>= 8n;
    return byte;
  });
}

/** 64 bytes, most significant first, modulo the order. */
export function scalarOf(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n) % ORDER;
}

/** SHA-256 of the label and the parts, each with its length in four bytes before it. */
export function hashOf(label: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of [new TextEncoder().encode(label), ...parts]) {
    hash.update(Uint8Array.of(part.length, part.length >> 8, 0, 0)).update(part);
  }
  return new Uint8Array(hash.digest());
}
