import { joinWords32, type Slices } from '../../protocol/mpc/index.ts';
import { ringOf, type Words } from '../../protocol/mpc/sharing/index.ts';
import { largestOf, scoresOf } from '../plain/evaluate-fixed.ts';
import { traceOf } from '../plan/trace.ts';
import type { Plan } from '../plan/types.ts';
import type { Answer } from '../systems.ts';

/** Classes from the bits of an index, a row a bit. */
export function classesOf(bits: Slices): Uint32Array {
  return joinWords32(bits);
}

/** Scores and classes from the values of the last step: of equals the first. */
export function revealed(plan: Plan, values: Words): Answer {
  const { outputs, scale } = traceOf(plan);
  const signed = ringOf(plan.bits).toSigned(values);
  return { classes: largestOf(signed, outputs, values.length / outputs), scores: scoresOf(signed, scale) };
}
