import type { CollectingState } from '../../protocol/schemes/secagg/server/index.ts';
import { MESSAGE_TYPES, type MessageName } from '../../protocol/wire/header.ts';

/** What bytes and milliseconds are counted under: the paper's rounds, the opening of the sum, and the round's end. */
export const PHASES = [
  'advertise-keys',
  'share-keys',
  'masked-input',
  'consistency-check',
  'unmasking',
  'computing',
  'outcome',
] as const;

/** One of {@link PHASES}. */
export type Phase = (typeof PHASES)[number];

/** The states in which the coordinator waits for messages, in their order. */
export const STATES = PHASES.slice(0, 5) as readonly CollectingState[];

const STATE_OF: Partial<Record<MessageName, CollectingState>> = {
  invitation: 'advertise-keys',
  advertiseKeys: 'advertise-keys',
  roster: 'share-keys',
  shareKeys: 'share-keys',
  routedShares: 'masked-input',
  maskedInput: 'masked-input',
  survivors: 'consistency-check',
  consistency: 'consistency-check',
  unmaskRequest: 'unmasking',
  unmaskShares: 'unmasking',
};

const BY_TYPE = new Map<number, CollectingState>(
  Object.entries(STATE_OF).map(([name, state]) => [MESSAGE_TYPES[name as MessageName], state]),
);

/** The state that a message answers or asks for an answer in, by its type; undefined for the ends of rounds. */
export const stateOf = (bytes: Uint8Array): CollectingState | undefined => BY_TYPE.get(bytes[2]!);
