import fc, { type Arbitrary } from 'fast-check';
import { type Change, damage } from '../damage.ts';
import type { Touch } from './tamper.ts';

/** What happens next in a round. Choices of messages and members are taken modulo how many there are. */
export type Action =
  /** Everything under way arrives, in order, and so often again. */
  | { readonly do: 'flow'; readonly times: number }
  /** What is under way to clients arrives, and their answers do not yet. */
  | { readonly do: 'down' }
  /** One message arrives, overtaking others. */
  | { readonly do: 'deliver'; readonly pick: number }
  | { readonly do: 'lose'; readonly pick: number }
  | { readonly do: 'repeat'; readonly pick: number }
  /** One message arrives changed. */
  | { readonly do: 'damage'; readonly pick: number; readonly damage: readonly Change[] }
  /** One message arrives with one thing in it changed that only who knows the protocol can change. */
  | { readonly do: 'tamper'; readonly pick: number; readonly touch: Touch }
  /** One message arrives from, or at, another member. */
  | { readonly do: 'misdirect'; readonly pick: number; readonly member: number }
  /** A message of the past arrives, of this round or of another one. */
  | { readonly do: 'replay'; readonly pick: number; readonly member: number; readonly foreign: boolean }
  | { readonly do: 'deadline' }
  | { readonly do: 'leave'; readonly member: number }
  | { readonly do: 'abandon' }
  /** A client's driver acts in any state: gives up, or gives what is wanted, or something else. */
  | { readonly do: 'give-up'; readonly member: number }
  | { readonly do: 'agree'; readonly member: number; readonly extra: number }
  | { readonly do: 'input'; readonly member: number; readonly extra: number }
  /** The coordinator's workers bring a result, in any state: the right one, or one of another length. */
  | { readonly do: 'unmasked'; readonly extra: number };

const pick = fc.nat(63);
const member = fc.nat(7);
const touch = fc.record({ at: fc.nat(255), how: fc.nat(255) });
const extra = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(-1, 1, 7) });

/** What somebody on the way, or at an end, does to messages. */
const interference: readonly fc.WeightedArbitrary<Action>[] = [
  { weight: 4, arbitrary: fc.record({ do: fc.constant('damage' as const), pick, damage }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('tamper' as const), pick, touch }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('misdirect' as const), pick, member }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('replay' as const), pick, member, foreign: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lose' as const), pick }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('repeat' as const), pick }) },
];

/** Anything in any order: most such rounds end early. */
const wild = fc.oneof(
  ...interference,
  { weight: 12, arbitrary: fc.record({ do: fc.constant('flow' as const), times: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('deliver' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('deadline' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('leave' as const), member }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('give-up' as const), member }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('agree' as const), member, extra }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('input' as const), member, extra }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unmasked' as const), extra }) },
);

/** A round that goes on, with a fault here and there: they come to its last states. */
const calm = fc.oneof(...interference, {
  weight: 3 * interference.reduce((sum, { weight }) => sum + weight, 0),
  arbitrary: fc.record({ do: fc.constant('flow' as const), times: fc.constant(1) }),
});

/** A round as it should be up to some state, and then a few faults in what clients are sent, or in their answers. */
const late = fc
  .record({
    flows: fc.nat(6),
    answered: fc.boolean(),
    faults: fc.array(fc.oneof(...interference), { minLength: 1, maxLength: 3 }),
  })
  .map(({ flows, answered, faults }): readonly Action[] => [
    { do: 'flow', times: flows },
    ...(answered ? [{ do: 'down' } as const] : []),
    ...faults,
  ]);

const actions: Arbitrary<readonly Action[]> = fc.oneof(
  late,
  fc.array(wild, { maxLength: 24 }),
  fc.array(calm, { maxLength: 8 }),
);

/** The end comes early in few rounds only. */
const last: Arbitrary<readonly Action[]> = fc.oneof(
  { weight: 9, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.constant([{ do: 'abandon' as const }]) },
);

/** What happens to one round. */
export interface Script {
  /** Members who are invited. */
  readonly n: number;
  readonly seed: number;
  /** Who computes the clients' key agreements. */
  readonly agreements: 'inline' | 'awaited';
  /** Whether drivers and workers answer at once, or when the script says so. */
  readonly automatic: boolean;
  /** How many of the invited are one too many. */
  readonly over: number;
  readonly actions: readonly Action[];
  readonly last: readonly Action[];
}

/** Rounds of three to eight members and all that may happen to them. */
export const script: Arbitrary<Script> = fc.record({
  n: fc.integer({ min: 3, max: 8 }),
  seed: fc.nat(),
  agreements: fc.constantFrom('inline', 'awaited'),
  automatic: fc.boolean(),
  over: fc.constantFrom(0, 0, 1),
  actions,
  last,
});
