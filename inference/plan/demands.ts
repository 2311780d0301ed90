import { CairnError } from '../../protocol/errors.ts';
import { type Demand, pieceCorrectionBytes, type Side } from '../../protocol/mpc/dealer/index.ts';
import { maxDemands, rectifyDemands, truncateDemands } from '../../protocol/mpc/gmw/index.ts';
import { NETWORK_LIMITS } from '../network/limits.ts';
import { traceOf, type TracedStep } from './trace.ts';
import { type Plan, pooledSize, type Step, windowValuesOf } from './types.ts';

/**
 * The side that garbles in every system: its oblivious transfers give the other one the labels of its input. With
 * Chameleon it is the model's owner, so that the asker, who evaluates, learns the answer; with SecureML it is server b.
 */
export const GARBLER: Side = 'corrected';

/** Correlated randomness for one step; empty if it needs none. */
type StepDemands = (step: Step, values: number, batch: number) => readonly Demand[];

/** The transfers of a garbled circuit whose evaluator has one share of `values` values. */
const labels = (bits: 32 | 64, values: number): readonly Demand[] => [
  { kind: 'transfer', count: bits * values, sender: GARBLER },
];

/** What both systems have alike. @returns undefined for a step in which they differ */
function commonDemands(bits: 32 | 64, step: Step, values: number): readonly Demand[] | undefined {
  switch (step.kind) {
    case 'square':
      return [{ kind: 'square', bits, count: values }];
    case 'sumPool':
      return [];
    case 'piecewise':
      return labels(bits, values);
    case 'reveal':
      return step.what === 'class' ? labels(bits, values) : [];
    default:
      return undefined;
  }
}

/** Chameleon: one-sided products, GMW for what is shallow, garbled circuits for pieces and the argmax. */
function chameleonDemands(bits: 32 | 64): StepDemands {
  return (step, values, batch) => {
    switch (step.kind) {
      case 'linear':
        return [{ kind: 'linear', form: 'one-sided', map: step.map, batch, bits, layer: step.layer }];
      case 'rectify':
        return rectifyDemands(bits, values, step.shift);
      case 'truncate':
        // A plan's values stay below 2^(bits − 2), so that the range is half.
        return truncateDemands(bits, values, step.shift, 'half');
      case 'maxPool': {
        const [rows, columns] = pooledSize(step);
        return maxDemands(bits, batch * step.channels * rows * columns, step.size * step.size);
      }
      default:
        return commonDemands(bits, step, values)!;
    }
  };
}

/** SecureML: two-sided products, local truncation, which takes nothing, and garbled circuits for all else. */
function secureMlDemands(bits: 32 | 64): StepDemands {
  return (step, values, batch) => {
    switch (step.kind) {
      case 'linear':
        return [{ kind: 'linear', form: 'two-sided', map: step.map, batch, bits, layer: step.layer }];
      case 'rectify':
        return labels(bits, values);
      case 'truncate':
        return [];
      default: {
        const common = commonDemands(bits, step, values);
        if (common === undefined) throw new CairnError('network-unsupported', `secureml has no ${step.kind}`);
        return common;
      }
    }
  };
}

function demandsFor({ system, bits }: Plan): StepDemands {
  if (system === 'chameleon') return chameleonDemands(bits);
  if (system === 'secureml') return secureMlDemands(bits);
  throw new CairnError('network-unsupported', `${system} takes nothing from a dealer`);
}

/**
 * What a dealer gives for one run of a plan, step by step: for each step of the plan its demands, none for some.
 * @param batch examples that are answered at once
 * @throws CairnError `wire-bounds` for a batch that is not from 1 to the limit, for a plan that is not sound, and for one that
 * takes more than the limits allow;
 * `network-unsupported` for a system without a dealer
 */
export function stepDemands(plan: Plan, batch: number): readonly (readonly Demand[])[] {
  if (!(Number.isInteger(batch) && batch >= 1 && batch <= NETWORK_LIMITS.batch)) {
    throw new CairnError(
      'wire-bounds',
      `a batch of ${batch} examples; from 1 to ${NETWORK_LIMITS.batch} can be answered`,
    );
  }
  const demandsOfStep = demandsFor(plan);
  const { steps } = traceOf(plan);
  assertTotal(steps, batch);
  const demands = steps.map(({ step, inputs }) => demandsOfStep(step, inputs * batch, batch));
  // Each side expands all of it before the first step.
  const bytes = pieceCorrectionBytes(demands.flat());
  if (bytes <= NETWORK_LIMITS.pieceBytes) return demands;
  throw new CairnError('wire-bounds', `a batch of ${batch} examples: ${bytes} bytes would have to be dealt for it`, {
    hint: 'use a smaller batch',
  });
}

/** A piece: the demands of one run of a plan, in order. @throws CairnError as {@link stepDemands} does */
export function demandsOf(plan: Plan, batch: number): readonly Demand[] {
  return stepDemands(plan, batch).flat();
}

/** Both sides hold every layer's values of the whole batch, and those of all windows: these have a bound, too. */
function assertTotal(steps: readonly TracedStep[], batch: number): void {
  const widest = Math.max(
    ...steps.map(({ step, inputs, outputs }) =>
      Math.max(inputs, outputs, step.kind === 'maxPool' || step.kind === 'sumPool' ? windowValuesOf(step) : 0),
    ),
  );
  if (widest * batch <= NETWORK_LIMITS.batchValues) return;
  const max = Math.floor(NETWORK_LIMITS.batchValues / widest);
  throw new CairnError(
    'wire-bounds',
    `a batch of ${batch} examples; of this network at most ${max} can be answered at once`,
  );
}
