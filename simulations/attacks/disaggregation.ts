import { type ConsentRecord, historyOf, NO_RECORD, withOpened, withSet } from '../../client/internal.ts';
import { toHex } from '../../protocol/crypto/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/index.ts';
import { type MemberId, memberId } from '../../protocol/ids.ts';
import { termsOf, type ClientPolicy } from '../../protocol/rounds/index.ts';
import type { RoundSettings } from '../../protocol/wire/index.ts';
import { type VirtualMembership, virtualMembership, virtualSettings } from '../engine/virtual-task.ts';
import type { Attack } from './attack.ts';
import { outcomeOfDifference } from './coordinator/with-scene.ts';
import { Lab, type Rewrite, seeded } from './open-round/lab.ts';

// Sums of one task, each of which may be opened by itself, and what they tell together.

const NO_MODEL = virtualSettings(seeded('no model'), {});

/** What a {@link Series} is made of. */
interface SeriesOptions {
  /** Inputs, keys and nonces follow from it. */
  readonly seed: string;
  /** Members 1 … n are in its directory, and in a round unless that says otherwise. */
  readonly n: number;
  readonly adversary: 'curious' | 'active';
  /** Whether clients remember what they signed. Default: they do. */
  readonly remembers?: boolean;
  readonly policy?: Partial<ClientPolicy>;
}

/** One round of a series. */
interface SeriesRound {
  /** Members 1 … n are invited. Default: all of the series. */
  readonly n?: number;
  /** Members that drop out before their input. */
  readonly without?: readonly number[];
  readonly settings?: Partial<RoundSettings>;
  readonly down?: Rewrite;
}

/** The model that a round's settings name: its values are of no matter here. */
const pointOf = ({ modelHash }: RoundSettings): string => toHex(modelHash);

/** Whether members share their keys at all, and come to the sending of their inputs. */
function comesToInputs(lab: Lab): boolean {
  try {
    lab.serverIn('masked-input');
    return true;
  } catch {
    return false;
  }
}

/** Rounds of one task among the same members: clients keep their update, and remember what they signed, or nothing. */
export class Series {
  /** What each client remembers. */
  readonly memories = new Map<MemberId, ConsentRecord>();
  readonly #options: SeriesOptions;
  readonly #membership: VirtualMembership | undefined;
  #rounds = 0;

  constructor(options: SeriesOptions) {
    this.#options = options;
    const { adversary, seed, n } = options;
    this.#membership = adversary === 'active' ? virtualMembership(nodePrimitives, seeded(seed), n) : undefined;
  }

  /** Runs one round to its end. */
  round({ n = this.#options.n, without = [], settings = {}, down }: SeriesRound = {}): Lab {
    const { seed, adversary, policy = {}, remembers = true } = this.#options;
    const lab = new Lab({
      // The inputs are made from this seed: they are the same in every round.
      seed: `${seed} kept updates`,
      random: seeded(`${seed} round ${++this.#rounds}`),
      n,
      adversary,
      policy,
      settings: { maxCohort: this.#options.n, ...settings },
      historyOf: (member) => historyOf(this.#memoryOf(member), pointOf({ ...NO_MODEL, ...settings }), 0),
      ...(this.#membership === undefined ? {} : { membership: this.#membership }),
    });
    if (comesToInputs(lab)) for (const member of without) lab.leave(member);
    lab.run(down === undefined ? {} : { down });
    const terms = toHex(termsOf(nodePrimitives, lab.settings));
    for (const { member, event } of lab.clientEvents) {
      if (event.kind !== 'signing' || !remembers) continue;
      const { members, session } = event;
      const opened = withOpened(this.#memoryOf(member), { task: lab.settings.task, terms, members });
      this.memories.set(member, withSet(opened, pointOf(lab.settings), members, session));
    }
    return lab;
  }

  #memoryOf(member: MemberId): ConsentRecord {
    return this.memories.get(member) ?? NO_RECORD;
  }
}

/** a − b, coordinate by coordinate, modulo 2^modulusBits. */
export function minus({ settings }: Lab, a: Uint32Array, b: Uint32Array): Uint32Array {
  const mask = 2 ** settings.modulusBits - 1;
  return a.map((value, i) => (value - b[i]!) & mask);
}

const [A, B, C] = [7, 8, 9];

/** Who is left out of each of four sums, any two of which differ in two members or more. */
export const FOUR_SETS = [[C], [A], [B], [A, B, C]] as const;

/** Four sums over {@link FOUR_SETS} come to twice the update of this member: (a + b) − (b + c) + (a + c) − 0 = 2a. */
const EXPOSED = memberId(A);

/** Twice the update of {@link EXPOSED}, as far as the sums were opened. */
export function exposedBy(rounds: readonly Lab[]): Uint32Array | undefined {
  const [ab, bc, ac, none] = rounds.map((lab) => lab.committed?.sum);
  if (!ab || !bc || !ac || !none) return undefined;
  const lab = rounds[0]!;
  return minus(lab, minus(lab, ab, bc), minus(lab, none, ac));
}

/** What {@link exposedBy} comes to where every sum is opened. */
export function twiceTheUpdate(lab: Lab): Uint32Array {
  const update = lab.plainSum([EXPOSED]);
  return minus(lab, update, minus(lab, new Uint32Array(update.length), update));
}

/** Disaggregation that no comparison of two sums sees. */
export const fourSums: Attack = {
  name: 'four-sums',
  title: 'opens four sums, any two of which differ in two members, that add up to twice one update',
  attacker: 'the coordinator, alone',
  source: 'docs/protocol.md §8; Lam et al., ICML 2021',
  protection: 'a client signs one set of members for each model, whatever the others differ in',
  without: 'clients that remember nothing of what they signed',
  run: ({ protected: safe, seed, signal }) => {
    signal?.throwIfAborted();
    const series = new Series({ seed: `four sums ${seed}`, n: 12, adversary: 'active', remembers: safe });
    const rounds = FOUR_SETS.map((without) => series.round({ without }));
    const codes = rounds.flatMap((lab) => Object.values(lab.refusalCodes()));
    const outcome = outcomeOfDifference(exposedBy(rounds), twiceTheUpdate(rounds[0]!), codes);
    const learned = outcome.succeeded
      ? 'twice the target’s update, bit for bit'
      : 'one sum: the others were not opened';
    return Promise.resolve({ ...outcome, learned });
  },
};
