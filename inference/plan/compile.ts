import { CairnError } from '../../protocol/errors.ts';
import type { SigmoidPieces } from '../../protocol/mpc/circuits/index.ts';
import { floorLog2 } from '../../protocol/numeric.ts';
import { calibrate } from '../network/evaluate.ts';
import { NETWORK_LIMITS } from '../network/limits.ts';
import type { Network } from '../network/types.ts';
import { type Calibration, type Fitting, fitFraction, fitLargest, fits, type Overflow } from './choose.ts';
import { runLayers } from './steps.ts';
import { assertSupported, SUPPORT } from './support.ts';
import { traceOf } from './trace.ts';
import type { Plan, Reveal, SystemName } from './types.ts';

/** What a plan is made for. */
export interface CompileOptions {
  readonly system: SystemName;
  /** What the asker learns; the class alone by default. */
  readonly reveal?: Reveal;
  /** Fraction bits of values and weights; by default the largest number that fits. */
  readonly fraction?: number;
  /** The ring; by default the smallest of the system's in which there are enough fraction bits. */
  readonly ring?: 32 | 64;
  /**
   * Example inputs, one after another. If interval arithmetic leaves too few fraction bits, as it does for squares, values
   * are taken to stay within four times what these examples reach. An input that goes beyond gets a wrong answer.
   */
  readonly calibration?: Float32Array;
  /** The lines that stand for a sigmoid: `fine` by default; `secureml` for a network that was trained with its three. */
  readonly sigmoid?: SigmoidPieces;
}

/** A plan, and what its maker knows of it. */
export interface Compiled {
  readonly plan: Plan;
  /** How overflow is excluded: for every input in the range, or for inputs like those of the calibration. */
  readonly bounds: 'proven' | 'calibrated';
  /**
   * For each step, in how many bits its results fit, the sign left out: they are below 2^bits. A local truncation fails
   * with probability 2^(bits + 1 − ring). It says something of the weights: not for the asker.
   */
  readonly valueBits: readonly number[];
}

/** Fraction bits that are worth staying in a ring for, or with proven bounds: below, answers begin to differ. */
const WANTED = 8;
/** Fraction bits without which nothing useful is computed. */
const MIN_FRACTION = 4;
/** Maximum number of fraction bits by ring. */
const MAX_FRACTION = { 32: 12, 64: 20 } as const;

/** The rings to try, in order. */
function ringsOf(system: SystemName, ring: 32 | 64 | undefined): readonly (32 | 64)[] {
  const { rings } = SUPPORT[system];
  if (ring === undefined) return rings;
  if (rings.includes(ring)) return [ring];
  throw new CairnError('network-unsupported', `${system} does not run in a ring of ${ring} bits`, {
    hint: `leave the ring out, or choose ${rings.join(' or ')} bits`,
  });
}

function assertFraction(fraction: number, bits: 32 | 64, system: SystemName): void {
  const max = Math.min(MAX_FRACTION[bits], SUPPORT[system].maxFraction);
  if (Number.isInteger(fraction) && fraction >= MIN_FRACTION && fraction <= max) return;
  throw new CairnError('network-unsupported', `a fraction of ${fraction} bits in ${system}'s ring of ${bits} bits`, {
    hint: `leave the fraction out, or choose ${MIN_FRACTION} to ${max} bits`,
  });
}

/**
 * Makes the plan of a network for a system. Equal networks and options give equal plans on every engine, unless a
 * calibration decides: that is computed in floats.
 * @throws CairnError `network-unsupported` for what the system cannot run, naming the layer and the systems that can; and
 * if the values do not fit the ring
 */
export function compile(network: Network, options: CompileOptions): Compiled {
  const { system, reveal = 'class', fraction, ring, calibration: examples, sigmoid = 'fine' } = options;
  assertSupported(system, network, reveal);
  assertRevealable(network, reveal);
  const layers = runLayers(network, reveal);
  const rings = ringsOf(system, ring);
  let seen: Calibration | undefined;
  let best: Candidate | undefined;
  let overflow: Overflow | undefined;
  for (const calibrated of examples === undefined ? [false] : [false, true]) {
    for (const bits of rings) {
      if (calibrated) seen ??= calibrate(network, examples!);
      const question = { network, layers, bits, reveal, sigmoid, calibration: calibrated ? seen : undefined };
      if (fraction !== undefined) assertFraction(fraction, bits, system);
      const max = Math.min(MAX_FRACTION[bits], SUPPORT[system].maxFraction);
      const answer = fraction === undefined ? fitLargest(question, MIN_FRACTION, max) : fitFraction(question, fraction);
      if (!fits(answer)) {
        overflow = answer;
        continue;
      }
      const candidate: Candidate = { bits, bounds: calibrated ? 'calibrated' : 'proven', answer };
      if (best === undefined || answer.fraction > best.answer.fraction) best = candidate;
      if (fraction !== undefined || answer.fraction >= WANTED) return compiled(network, system, reveal, candidate);
    }
  }
  if (best !== undefined) return compiled(network, system, reveal, best);
  throw tooLarge(overflow!, rings.at(-1)!, fraction ?? MIN_FRACTION, examples !== undefined);
}

/** @throws CairnError `network-unsupported` if there is nothing to choose a class from, or too much */
function assertRevealable({ outputs }: Network, reveal: Reveal): void {
  if (reveal === 'scores' || (outputs >= 2 && outputs <= NETWORK_LIMITS.compared)) return;
  throw new CairnError(
    'network-unsupported',
    `a class is chosen out of 2 to ${NETWORK_LIMITS.compared}, not of ${outputs}`,
    {
      hint: outputs < 2 ? 'reveal its score instead' : 'reveal the scores, or train a network with fewer classes',
    },
  );
}

interface Candidate {
  readonly bits: 32 | 64;
  readonly bounds: Compiled['bounds'];
  readonly answer: Fitting;
}

function compiled(network: Network, system: SystemName, reveal: Reveal, candidate: Candidate): Compiled {
  const { bits, bounds, answer } = candidate;
  const { inputShape, inputRange, classes } = network;
  const { fraction, steps } = answer;
  const plan: Plan = { system, bits, fraction, inputShape, inputRange, steps, reveal, classes };
  // What is sent is checked as it will be when it is received.
  traceOf(plan);
  return { plan, bounds, valueBits: answer.magnitudes.map((max) => (max < 1 ? 0 : floorLog2(max) + 1)) };
}

function tooLarge({ layer, needed }: Overflow, bits: number, fraction: number, calibrated: boolean): CairnError {
  const text = `${layer.label}: its values may take ${needed} bits with ${fraction} fraction bits, and the ring has ${bits}`;
  const hint = calibrated
    ? 'train with smaller weights, or use ReLU in place of squares'
    : 'give example inputs for a calibration, choose fewer fraction bits, or narrow the range of the inputs';
  return new CairnError('network-unsupported', text, { hint });
}
