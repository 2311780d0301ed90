// The schemes that virtual rounds run by unless they are given others, and who computes their work: this thread, at once.
import type { Primitives } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { Scheme, ServerWork, WorkResult } from '../../protocol/rounds/index.ts';
import { computePlan, secagg, UnmaskWork } from '../../protocol/schemes/secagg/index.ts';

/** Secure aggregation alone. */
export const SCHEMES: readonly Scheme[] = [secagg];

/**
 * Goes through the steps of a work and computes its plan.
 * @throws whatever its steps throw; CairnError `internal` for work of another scheme
 */
export function workInline(work: ServerWork, primitives: Primitives): WorkResult {
  if (!(work instanceof UnmaskWork)) throw new CairnError('internal', 'no runner was given for this work');
  const steps = work.steps()[Symbol.iterator]();
  while (steps.next().done !== true);
  return computePlan(work.plan, primitives);
}
