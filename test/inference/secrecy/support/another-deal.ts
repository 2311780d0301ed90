import { stepDemands } from '../../../../inference/plan/demands.ts';
import type { Plan, Step } from '../../../../inference/plan/types.ts';
import { nodePermutation } from '../../../../protocol/crypto/node/index.ts';
import { type Circuit, scheduleOf } from '../../../../protocol/mpc/circuits/index.ts';
import {
  type AndTriples,
  type Correlations,
  type Demand,
  type DemandKind,
  type Parts,
  WeightMasks,
} from '../../../../protocol/mpc/dealer/index.ts';
import { HeldCorrelations } from '../../../../protocol/mpc/dealer/held.ts';
import { dealt } from '../../../../protocol/mpc/dealer/kinds.ts';
import { rectifier, wrapper } from '../../../../protocol/mpc/gmw/correlated.ts';
import { Prg } from '../../../../protocol/mpc/prg.ts';
import type { Ring, Words } from '../../../../protocol/mpc/sharing/index.ts';
import { mapSizes, ringOf } from '../../../../protocol/mpc/sharing/index.ts';
import { packedRowBytes, type Slices, unpackRows } from '../../../../protocol/mpc/slices.ts';
import type { Party } from '../../../../protocol/mpc/turn.ts';

/*
 * The exact form of "one party's view tells nothing of the other's secret": for another secret there is other randomness
 * of the dealer's, as likely as the first, under which the party sees the same bytes. The dealer's randomness that the
 * other party draws freely is only ever a mask of what it opens (message = value − mask), so changing a mask by the
 * difference of two messages turns one into the other; what depends on the mask is dealt anew. Message by message this
 * is a bijection between the randomness under one secret and under the other. So the views have one distribution.
 */

/** The part of a demand that one party draws freely: all names are those of its parts. */
interface Free {
  readonly a?: Words | Slices;
  readonly b?: Slices;
  readonly flips?: Slices;
  readonly mask?: Words;
}

/** Which free part masks a message that the other party sends; undefined for a message with a mask of another kind. */
type Opening = ((ring: Ring, free: readonly Free[], got: Uint8Array, wanted: Uint8Array) => void) | undefined;

/** What a party of a run has been dealt, and what it said and heard. */
export interface Seen {
  /** What the viewer holds, demand by demand. */
  readonly parts: readonly Parts[DemandKind][];
  /** What the viewer received, which is what the other party must send. */
  readonly received: readonly Uint8Array[];
  /** What the viewer sent. */
  readonly sent: readonly Uint8Array[];
}

/** The other party, with another secret. */
export interface OtherParty {
  /** Whether it masks inputs of linear layers; Chameleon's owner does not. */
  readonly masksInputs: boolean;
  /** Messages of its setup, which come first. */
  readonly setupMessages: number;
  /** B of a layer under the other secret: both parties' together. */
  readonly maskOf: (layer: number) => Words;
  readonly play: (dealt: Correlations) => Party<unknown>;
}

/**
 * What the other party sends with its other secret, before and after its randomness was chosen so that the viewer sees
 * what it has seen; `replay` runs a party once more with that randomness.
 */
export function underAnotherDeal(plan: Plan, batch: number, seen: Seen, other: OtherParty) {
  const demands = stepDemands(plan, batch).flat();
  const ring = ringOf(plan.bits);
  const prg = new Prg(new Uint8Array(32).fill(9));
  const free = demands.map((demand) => drawFree(ring, demand, other, prg));
  const openings = openingsOf(plan, batch, other);
  const replay = (play = other.play, sent = seen.sent): Uint8Array[] => {
    const parts = demands.map((demand, i) => ({
      demand,
      part: partOf(ring, demand, structuredClone(seen.parts[i]!), structuredClone(free[i]!), other),
    }));
    return playAgainst(play(new HeldCorrelations('corrected', parts)), sent);
  };
  const before = replay();
  for (const [i, open] of openings.entries()) open?.(ring, free, replay()[i]!, seen.received[i]!);
  return { before, after: replay(), replay };
}

function drawFree(ring: Ring, demand: Demand, { masksInputs }: OtherParty, prg: Prg): Free {
  if (demand.kind !== 'linear') return dealt(demand).own(demand, prg) as Free;
  return masksInputs ? { a: ring.draw(prg, demand.batch * mapSizes(demand.map).inputs) } : {};
}

/** What the other party is dealt, so that it fits what the viewer holds. */
function partOf(ring: Ring, demand: Demand, viewers: Parts[DemandKind], free: Free, { maskOf }: OtherParty) {
  if (demand.kind === 'linear') {
    const { a, c } = viewers as Parts['linear'];
    const own = free.a as Words | undefined;
    const inputs = own === undefined ? a! : a === undefined ? own : ring.add(a, own);
    const share = ring.subtract(ring.apply(demand.map, maskOf(demand.layer), inputs, demand.batch), c);
    return { a: own, c: share } satisfies Parts['linear'];
  }
  const kind = dealt(demand);
  // For all other kinds the two sides hold the same, so that the viewer may be either.
  return kind.complete(
    demand,
    free,
    kind.correction(demand, viewers as Exclude<typeof viewers, Parts['linear']>, free, new WeightMasks({})),
  );
}

/** What a party sends if it hears these messages. */
export function playAgainst(party: Party<unknown>, heard: readonly Uint8Array[]): Uint8Array[] {
  const sent: Uint8Array[] = [];
  const left = [...heard];
  let input = new Uint8Array(0);
  for (;;) {
    const { done, value } = party.next(input);
    if (done === true) return sent;
    if (value.kind === 'permute') {
      input = nodePermutation(value.key, value.blocks) as Uint8Array<ArrayBuffer>;
      continue;
    }
    if (value.send !== undefined) sent.push(value.send.slice());
    input = value.receive === 0 ? new Uint8Array(0) : left.shift()!.slice();
  }
}

/** By message of the other party, how its masks change it. */
function openingsOf(plan: Plan, batch: number, other: OtherParty): Opening[] {
  const openings: Opening[] = new Array<Opening>(other.setupMessages).fill(undefined);
  let at = 0;
  for (const [i, demands] of stepDemands(plan, batch).entries()) {
    for (const demand of demands) openings.push(...openingsFor(plan.steps[i]!, plan.bits, demand, at++, other));
  }
  return openings;
}

function openingsFor(step: Step, bits: 32 | 64, demand: Demand, at: number, { masksInputs }: OtherParty): Opening[] {
  switch (demand.kind) {
    case 'linear':
      return masksInputs ? [(ring, free, got, wanted) => shiftWords(ring, free[at]!.a as Words, got, wanted)] : [];
    case 'square':
      return [(ring, free, got, wanted) => shiftWords(ring, free[at]!.a as Words, got, wanted)];
    case 'and':
      if (step.kind === 'rectify') return levelsOf(rectifier(bits, step.shift), at, demand.lanes);
      if (step.kind === 'maxPool') return levelsOf(rectifier(bits, 0), at, demand.lanes);
      if (step.kind === 'truncate') return levelsOf(wrapper(bits, step.shift, 'half'), at, demand.lanes);
      throw new Error(`no openings are known for ${step.kind}`);
    case 'wrap':
      return [(_, free, got, wanted) => flip(free[at]!.flips!, 0, 2, got, wanted)];
    case 'rectify':
      return [
        (ring, free, got, wanted) => {
          const { mask, flips } = free[at]!;
          const end = mask!.byteLength;
          shiftWords(ring, mask!, got.subarray(0, end), wanted.subarray(0, end));
          flip(flips!, 0, flips!.rows, got.subarray(end), wanted.subarray(end));
        },
      ];
    default:
      throw new Error(`no openings are known for ${demand.kind}`);
  }
}

/** One message a level: rows x ⊕ a of all its gates, and then rows y ⊕ b. */
function levelsOf(circuit: Circuit, at: number, lanes: number): Opening[] {
  let used = 0;
  return scheduleOf(circuit)
    .steps.map(({ ands }) => ands.target.length)
    .filter((count) => count > 0)
    .map((count) => {
      const first = used;
      used += count;
      return (_, free, got, wanted) => {
        const { a, b } = free[at] as Pick<AndTriples, 'a' | 'b'>;
        const middle = count * packedRowBytes(lanes);
        flip(a, first, count, got.subarray(0, middle), wanted.subarray(0, middle));
        flip(b, first, count, got.subarray(middle), wanted.subarray(middle));
      };
    });
}

/** message = value − mask. */
function shiftWords(ring: Ring, mask: Words, got: Uint8Array, wanted: Uint8Array): void {
  ring.addInto(mask, ring.subtract(ring.fromBytes(got), ring.fromBytes(wanted)));
}

/** message = value ⊕ mask. */
function flip(mask: Slices, first: number, rows: number, got: Uint8Array, wanted: Uint8Array): void {
  const apart = unpackRows(
    got.map((byte, i) => byte ^ wanted[i]!),
    rows,
    mask.lanes,
  );
  for (const [i, word] of apart.words.entries()) mask.words[first * mask.stride + i]! ^= word;
}
