// The one table of the states that a round can be in. Everything else that names states is derived from it: deadlines
// in the configuration, counts and costs in reports, labels of metrics, the laboratory's phases and its fault scripts.
import type { MessageName } from '../wire/header.ts';

/** A state in which the coordinator's session waits, for members or for a computation. */
export interface RoundState {
  /** As events, logs and metrics name it. */
  readonly name: string;
  /** The member's message that it takes; undefined if it waits for a computation. */
  readonly takes?: MessageName;
  /** The coordinator's message that asks for it. */
  readonly asks?: MessageName;
  /** Its deadline's key in a task's `deadlines`. */
  readonly deadline?: string;
  /** The name, in a report, of the number of members left when it is entered. */
  readonly counts: string;
  /** The same if the round has no consistency check. Absent: {@link counts}. */
  readonly countsCurious?: string;
  /** Whether only rounds against an active coordinator have it. */
  readonly activeOnly?: true;
  /** Seconds that a coordinator allows for it by default. */
  readonly seconds?: number;
}

/**
 * In order. A scheme has those that it needs, in this order; see `Scheme.states`. Since all schemes share them, a
 * task's deadlines and a report's counts are readable whatever its scheme.
 */
export const ROUND_STATES = [
  {
    name: 'advertise-keys',
    takes: 'advertiseKeys',
    asks: 'invitation',
    deadline: 'advertiseKeys',
    counts: 'invited',
    seconds: 120,
  },
  {
    name: 'share-keys',
    takes: 'shareKeys',
    asks: 'roster',
    deadline: 'shareKeys',
    counts: 'advertised',
    seconds: 30,
  },
  {
    name: 'masked-input',
    takes: 'maskedInput',
    asks: 'routedShares',
    deadline: 'maskedInput',
    counts: 'shared',
    seconds: 60,
  },
  {
    name: 'consistency-check',
    takes: 'consistency',
    asks: 'survivors',
    deadline: 'consistencyCheck',
    counts: 'input',
    activeOnly: true,
    seconds: 30,
  },
  {
    name: 'unmasking',
    takes: 'unmaskShares',
    asks: 'unmaskRequest',
    deadline: 'unmasking',
    counts: 'consistent',
    countsCurious: 'input',
    seconds: 30,
  },
  { name: 'computing', counts: 'unmasked' },
] as const satisfies readonly RoundState[];

type State = (typeof ROUND_STATES)[number];

/** A state whose time and bytes are counted. */
export type TimedState = State['name'];

/** A state in which the coordinator's session takes messages. */
export type CollectingState = Extract<State, { readonly takes: MessageName }>['name'];

/** Every state of a coordinator's session. */
export type ServerStateName = TimedState | 'committed' | 'aborted';

/** One entry of {@link ROUND_STATES} that takes messages. */
export type CollectingRow = Extract<State, { readonly name: CollectingState }>;

/** The rows of the states that take messages, in order. */
export const COLLECTING: readonly CollectingRow[] = ROUND_STATES.filter((state) => 'takes' in state);

/** Their names, in order. */
export const COLLECTING_STATES: readonly CollectingState[] = COLLECTING.map(({ name }) => name);

/** Every name of a state, in the order in which a round goes through them; `aborted` is last. */
export const STATE_ORDER: readonly ServerStateName[] = [
  ...ROUND_STATES.map(({ name }) => name),
  'committed',
  'aborted',
];

const COLLECTING_NAMES: ReadonlySet<string> = new Set(COLLECTING_STATES);

/** Whether a state takes messages. */
export const isCollectingState = (name: string): name is CollectingState => COLLECTING_NAMES.has(name);

/** One value for each state that takes messages. */
export const byState = <Value>(value: (state: CollectingRow) => Value): Readonly<Record<CollectingState, Value>> =>
  Object.fromEntries(COLLECTING.map((state) => [state.name, value(state)])) as Record<CollectingState, Value>;

const BY_TAKEN = new Map<MessageName, CollectingState>(COLLECTING.map(({ takes, name }) => [takes, name]));
const BY_MESSAGE = new Map<MessageName, CollectingState>([
  ...BY_TAKEN,
  ...COLLECTING.map(({ asks, name }): [MessageName, CollectingState] => [asks, name]),
]);

/** The state that takes this message from a member; undefined for any other message. */
export const stateTaking = (message: MessageName): CollectingState | undefined => BY_TAKEN.get(message);

/** The state that a message answers, or asks for an answer in; undefined for messages that end a round. */
export const stateOfMessage = (message: MessageName): CollectingState | undefined => BY_MESSAGE.get(message);
