import type { Laboratory } from '../../laboratory/laboratory.ts';
import type { GanAttackSettings } from './settings.ts';

/** The laboratory of this experiment. */
export type Lab = Laboratory<GanAttackSettings>;
