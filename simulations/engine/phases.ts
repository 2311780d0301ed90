// What the laboratory counts bytes and milliseconds under; the states are those of `protocol/rounds/states.ts`.
import { COLLECTING_STATES, type CollectingState, stateOfMessage } from '../../protocol/rounds/index.ts';
import { MESSAGE_TYPES, type MessageName } from '../../protocol/wire/index.ts';

/** What bytes and milliseconds are counted under: the states of a round, the opening of the sum, and the round's end. */
export type Phase = CollectingState | 'computing' | 'outcome';

/** Every {@link Phase}, in order. */
export const PHASES: readonly Phase[] = [...COLLECTING_STATES, 'computing', 'outcome'];

const BY_TYPE = new Map<number, CollectingState | undefined>(
  (Object.keys(MESSAGE_TYPES) as MessageName[]).map((name) => [MESSAGE_TYPES[name], stateOfMessage(name)]),
);

/** The state that a message answers or asks for an answer in, by its type; undefined for the ends of rounds. */
export const stateOf = (bytes: Uint8Array): CollectingState | undefined => BY_TYPE.get(bytes[2]!);
