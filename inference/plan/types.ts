import type { SigmoidPieces } from '../../protocol/mpc/circuits/index.ts';
import type { LinearMap } from '../../protocol/mpc/sharing/index.ts';
import type { NetworkShape } from '../network/types.ts';

/** The systems of the survey, by the name that commands use. */
export const SYSTEMS = ['cryptonets', 'secureml', 'deepsecure', 'minionn', 'chameleon'] as const;

/** The name of a system. */
export type SystemName = (typeof SYSTEMS)[number];

/** What the asker learns: the class alone, or the score of every class. */
export type Reveal = 'class' | 'scores';

/**
 * A linear layer on fixed-point numbers: weights · x + bias. Weights have `fraction` bits after the point; so the result
 * has as many as the input and the weights together. Weights themselves are no part of a plan.
 */
export interface LinearStep {
  readonly kind: 'linear';
  readonly map: LinearMap;
  /** Whether a bias is added. */
  readonly bias: boolean;
  /** Which of the linear layers, counted from 0. */
  readonly layer: number;
  /** Fraction bits of the weights. */
  readonly fraction: number;
}

/** Values below 0 become 0, and then each loses `shift` fraction bits: max(0, x) >> shift. */
export interface RectifyStep {
  readonly kind: 'rectify';
  readonly count: number;
  /** 0 for none. */
  readonly shift: number;
}

/** Each value loses `shift` fraction bits, rounded down: x >> shift with its sign. */
export interface TruncateStep {
  readonly kind: 'truncate';
  readonly count: number;
  /** From 1. */
  readonly shift: number;
}

/** Each value is squared, which doubles its fraction bits. */
export interface SquareStep {
  readonly kind: 'square';
  readonly count: number;
}

/** Windows of `size` × `size` on channels × height × width, `stride` apart: their maximum, or their sum. */
export interface PoolStep {
  readonly kind: 'maxPool' | 'sumPool';
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly size: number;
  readonly stride: number;
}

/** A function by straight lines (`sigmoidPieces`, `tanhPieces`), on numbers of the plan's fraction. */
export interface PiecewiseStep {
  readonly kind: 'piecewise';
  readonly function: 'sigmoid' | 'tanh';
  /** Which lines: `secureml` for a sigmoid alone. */
  readonly pieces: SigmoidPieces;
  readonly count: number;
  /** Fraction bits that the input loses first, rounded down, to have the plan's; in a circuit that costs nothing. */
  readonly drop: number;
}

/** The last step: the asker learns the index of the largest value, of equals the first, or all values. */
export interface RevealStep {
  readonly kind: 'reveal';
  readonly what: Reveal;
  readonly count: number;
}

/** A step of a plan, on one vector of shares. */
export type Step = LinearStep | RectifyStep | TruncateStep | SquareStep | PoolStep | PiecewiseStep | RevealStep;

/** The kinds of steps. */
export type StepKind = Step['kind'];

/** What a run computes: all that both sides must agree on, and nothing secret. It says nothing of the weights' values. */
export interface Plan {
  readonly system: SystemName;
  /** The ring: Z_2^32 or Z_2^64. */
  readonly bits: 32 | 64;
  /** Fraction bits of inputs and of what follows a non-linear layer. */
  readonly fraction: number;
  readonly inputShape: NetworkShape;
  /** The asker refuses inputs that are outside. */
  readonly inputRange: readonly [low: number, high: number];
  /** In order; the last one reveals, and it alone. */
  readonly steps: readonly Step[];
  readonly reveal: Reveal;
  /** Names of the classes, one for each; empty if there are none. */
  readonly classes: readonly string[];
}

/** Rows and columns after pooling. */
export function pooledSize({ height, width, size, stride }: PoolStep): readonly [number, number] {
  const after = (extent: number): number => Math.floor((extent - size) / stride) + 1;
  return [after(height), after(width)];
}

/** Values of all windows of a pool, those that overlap counted again: what pooling takes time and memory for. */
export function windowValuesOf(step: PoolStep): number {
  const [rows, columns] = pooledSize(step);
  return step.channels * rows * columns * step.size * step.size;
}
