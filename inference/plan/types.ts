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

/**
 * One piece of a function that is linear by pieces: for x from `from` on, up to where the next piece begins, the function
 * is (slope · x + offset) >> shift of its step.
 */
export interface Piece {
  /** Lowest x; of the first piece the ring's lowest number. */
  readonly from: bigint;
  readonly slope: bigint;
  readonly offset: bigint;
}

/**
 * A function by pieces, which approximates the named one and never decreases. First the input loses `drop` bits, which in
 * a circuit costs nothing: x = input >> drop, with its sign.
 */
export interface PiecewiseStep {
  readonly kind: 'piecewise';
  readonly function: 'sigmoid' | 'tanh';
  readonly count: number;
  /** Bits that the input loses; 0 for none. */
  readonly drop: number;
  /** Fraction bits of x; what comes out has the plan's. */
  readonly inputFraction: number;
  /** Bits by which slope · x + offset is shifted right, with its sign. */
  readonly shift: number;
  /** By ascending `from`. */
  readonly pieces: readonly Piece[];
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
