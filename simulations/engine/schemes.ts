// The schemes that virtual rounds run by unless they are given others, and who computes their work: this thread, at once.
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { Scheme, ServerWork, WorkResult } from '../../protocol/rounds/scheme.ts';
import { secagg, UnmaskWork } from '../../protocol/schemes/secagg/scheme.ts';
import { computePlan } from '../../protocol/schemes/secagg/unmask.ts';

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
