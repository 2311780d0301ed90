import fc from 'fast-check';
import { expect } from 'vitest';
import type { ErrorCode } from '../../protocol/errors.ts';
import { CairnError } from '../../protocol/errors.ts';
import { nodePrimitives } from '../../protocol/crypto/node/native.ts';
import { portablePrimitives } from '../../protocol/crypto/portable.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';

/** Both implementations, for `describe.each`. */
export const implementations: readonly [Primitives, Primitives] = [portablePrimitives, nodePrimitives];

/** Bytes of a hex text in which vectors may be wrapped and spaced as the RFCs print them. */
export function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replace(/[\s:]/g, ''), 'hex'));
}

/** An arbitrary of exactly `length` bytes. */
export function bytes(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

/** Asserts that `run` throws a CairnError of this code. */
export function expectCode(code: ErrorCode, run: () => unknown): void {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(CairnError);
  expect((thrown as CairnError).code).toBe(code);
}

/** `length` bytes that depend on `n` alone. */
export function pattern(length: number, n = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 37 + n * 101 + (i >>> 3) * n) & 0xff);
}
