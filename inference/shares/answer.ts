import { joinWords32, type Slices } from '../../protocol/mpc/index.ts';
import { ringOf, type Words } from '../../protocol/mpc/sharing/index.ts';
import { traceOf } from '../plan/trace.ts';
import type { Plan } from '../plan/types.ts';
import type { Answer } from '../systems.ts';

/** Classes from the bits of an index, a row a bit. */
export function classesOf(bits: Slices): Uint32Array {
  return joinWords32(bits);
}

/** Scores and classes from the values of the last step: of equals the first. */
export function scoresOf(plan: Plan, values: Words): Answer {
  const { outputs, scale } = traceOf(plan);
  const signed = ringOf(plan.bits).toSigned(values);
  const unit = 2 ** scale.fraction * scale.area;
  const scores = Float64Array.from(signed, (value) => Number(value) / unit);
  const classes = new Uint32Array(values.length / outputs);
  for (let row = 0; row < classes.length; row++) {
    let best = row * outputs;
    for (let at = best + 1; at < (row + 1) * outputs; at++) if (signed[at]! > signed[best]!) best = at;
    classes[row] = best - row * outputs;
  }
  return { classes, scores };
}
