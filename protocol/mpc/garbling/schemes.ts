import { halfGates } from './half-gates.ts';
import type { SchemeRoles } from './scheme.ts';
import { threeHalves } from './three-halves.ts';
import type { Scheme } from './types.ts';

/** Every scheme. */
export const SCHEMES: Readonly<Record<Scheme, SchemeRoles>> = {
  'half-gates': halfGates,
  'three-halves': threeHalves,
};

/** The fastest. */
export const DEFAULT_SCHEME: Scheme = 'half-gates';
