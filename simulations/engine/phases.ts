// What the laboratory counts bytes and milliseconds under; the states are those of `protocol/rounds/states.ts`.
import { COLLECTING_STATES, type CollectingState } from '../../protocol/rounds/index.ts';

/** What bytes and milliseconds are counted under: the states of a round, the opening of the sum, and the round's end. */
export type Phase = CollectingState | 'computing' | 'outcome';

/** Every {@link Phase}, in order. */
export const PHASES: readonly Phase[] = [...COLLECTING_STATES, 'computing', 'outcome'];
