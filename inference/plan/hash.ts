import { equalBytes, portablePrimitives, toHex } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { encodePlan } from './encode.ts';
import type { Plan } from './types.ts';

/** SHA-256 of a plan's encoding: 32 bytes. Equal hashes mean equal plans. */
export function planHash(plan: Plan): Uint8Array {
  return portablePrimitives.sha256(encodePlan(plan));
}

/**
 * Checks the other side's plan by its hash, before anything secret is sent.
 * @throws CairnError `plan-mismatch` if it runs another plan
 */
export function assertSamePlan(own: Plan, theirs: Uint8Array): void {
  const hash = planHash(own);
  if (equalBytes(hash, theirs)) return;
  const shown = (bytes: Uint8Array): string => toHex(bytes.subarray(0, 8));
  throw new CairnError('plan-mismatch', `this side’s plan is ${shown(hash)}…, the other side’s ${shown(theirs)}…`);
}
