// Faults name the states in which the coordinator waits for messages: those of `protocol/rounds/states.ts`.
import { COLLECTING, type CollectingState } from '../../protocol/rounds/index.ts';

/** The states of a round against such a coordinator, in their order. */
export const statesOf = (adversary: 'active' | 'curious'): readonly CollectingState[] =>
  COLLECTING.filter((state) => adversary === 'active' || !('activeOnly' in state)).map(({ name }) => name);
