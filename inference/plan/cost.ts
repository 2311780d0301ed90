import {
  type Circuit,
  rectifyCircuit,
  sharedArgmax,
  sharedPiecewise,
  sharedRelu,
  wrapCircuit,
} from '../../protocol/mpc/circuits/index.ts';
import { pieceCorrectionBytes } from '../../protocol/mpc/dealer/index.ts';
import { mapSizes } from '../../protocol/mpc/sharing/index.ts';
import { demandsOf } from './demands.ts';
import { piecesOf } from './pieces.ts';
import { traceOf, type TracedStep } from './trace.ts';
import { type Plan, pooledSize } from './types.ts';

/** Bytes of a label, of what half-gates send for an AND, of a batch's key, and of what decodes a bit of the result. */
const LABEL = 16;
const HALF_GATES = 32;
const KEY = 16;
const DECODING = 4;

/** What passes between the parties that compute, besides the framing of messages. */
export interface PlanCost {
  /** Bytes that the dealer gives the corrected side, and the seeded side. */
  readonly dealt: { readonly corrected: number; readonly seeded: number };
  /**
   * Bytes before the inputs are known: from the corrected side (it garbles) to the seeded one, and back. What is sent
   * once for a model, its masked weights, is apart.
   */
  readonly offline: { readonly toSeeded: number; readonly toCorrected: number };
  /** Bytes of masked weights, once for a model, each way in which they go. */
  readonly model: { readonly toSeeded: number; readonly toCorrected: number };
  /** Bytes when the inputs are known. */
  readonly online: { readonly toSeeded: number; readonly toCorrected: number };
  /** At most how often a message travels and the other side waits for it; some waits overlap. */
  readonly trips: number;
  /** AND gates under GMW, and garbled ones. */
  readonly ands: { readonly shared: number; readonly garbled: number };
  /** Correlated oblivious transfers. */
  readonly transfers: number;
}

/** Bytes of a row of bits in a message. */
const packedRowBytes = (lanes: number): number => Math.ceil(lanes / 8);

/** Sums of {@link PlanCost} that steps add to. */
interface Sum {
  offlineToSeeded: number;
  offlineToCorrected: number;
  modelToSeeded: number;
  modelToCorrected: number;
  toSeeded: number;
  toCorrected: number;
  trips: number;
  shared: number;
  garbled: number;
}

/** Adds what both sides send alike. */
function crossing(sum: Sum, bytes: number): void {
  sum.toSeeded += bytes;
  sum.toCorrected += bytes;
}

/** A circuit under GMW: two bits an AND each way, level by level. */
function shared(sum: Sum, { ands, depth }: { readonly ands: number; readonly depth: number }, lanes: number): void {
  crossing(sum, 2 * ands * packedRowBytes(lanes));
  sum.shared += ands * lanes;
  sum.trips += depth;
}

/** What a rectifier opens at its end: its bits and a word for each value. */
function rectified(sum: Sum, bits: 32 | 64, shift: number, count: number): void {
  shared(sum, rectifyCircuit(bits, shift), count);
  crossing(sum, (shift === 0 ? 1 : 3) * packedRowBytes(count) + (bits / 8) * count);
  sum.trips++;
}

/**
 * A garbled circuit: its tables, and then the labels of the garbler's input and what decodes the result. The evaluator's
 * choices, a bit an input bit of it, go beforehand if it knows its share by then, and so do the tables.
 */
function garbled(
  sum: Sum,
  { ands, inputs, outputs }: Pick<Circuit, 'ands' | 'inputs' | 'outputs'>,
  lanes: number,
  choices: 'offline' | 'online',
): void {
  const width = (party: 0 | 1): number =>
    inputs.filter((input) => input.party === party).reduce((total, input) => total + input.width, 0);
  sum.garbled += ands * lanes;
  // A key and the tables go as soon as the evaluator's choices are known.
  const tables = KEY + HALF_GATES * ands * lanes;
  if (choices === 'offline') sum.offlineToSeeded += tables;
  else sum.toSeeded += tables;
  sum.toSeeded += (LABEL * width(0) + DECODING * outputs.length) * lanes;
  const chosen = width(1) * packedRowBytes(lanes);
  if (choices === 'offline') sum.offlineToCorrected += chosen;
  else sum.toCorrected += chosen;
  sum.trips += choices === 'offline' ? 1 : 2;
}

/** Adds one step's cost. */
function add(sum: Sum, plan: Plan, { step, inputs }: TracedStep, batch: number): void {
  const { bits, system } = plan;
  const chameleon = system === 'chameleon';
  const count = inputs * batch;
  const word = bits / 8;
  // Chameleon's asker knows its share of every linear layer's output beforehand.
  const choices = chameleon ? 'offline' : 'online';
  switch (step.kind) {
    case 'linear': {
      const weights = word * mapSizes(step.map).weights;
      sum.modelToSeeded += weights;
      sum.trips++;
      if (chameleon) sum.toCorrected += word * count;
      else {
        sum.modelToCorrected += weights;
        crossing(sum, word * count);
      }
      return;
    }
    case 'rectify':
      if (chameleon) rectified(sum, bits, step.shift, count);
      else garbled(sum, sharedRelu(bits, step.shift), count, choices);
      return;
    case 'truncate':
      if (!chameleon) return;
      shared(sum, wrapCircuit(bits, step.shift, 'half'), count);
      crossing(sum, 2 * packedRowBytes(count));
      sum.trips++;
      return;
    case 'square':
      crossing(sum, word * count);
      sum.trips++;
      return;
    case 'maxPool': {
      const [rows, columns] = pooledSize(step);
      const windows = batch * step.channels * rows * columns;
      for (let left = step.size * step.size; left > 1; left = Math.ceil(left / 2)) {
        rectified(sum, bits, 0, windows * Math.floor(left / 2));
      }
      return;
    }
    case 'sumPool':
      return;
    case 'piecewise':
      garbled(sum, sharedPiecewise(step.function, piecesOf(step, plan.fraction), bits, step.drop), count, choices);
      return;
    case 'reveal':
      if (step.what === 'class') garbled(sum, sharedArgmax(step.count, bits), batch, choices);
      else {
        sum.toSeeded += word * count;
        sum.trips++;
      }
  }
}

/**
 * What a run of a plan costs on the wire: what both parties say before it begins. Counted for half-gates, and with a
 * dealer; without the framing of messages and the agreement on the plan, and with SecureML without the shares that who
 * asks sends to each server, and gets.
 * @param batch examples that are answered at once
 * @throws CairnError as `demandsOf` does
 */
export function costOf(plan: Plan, batch: number): PlanCost {
  const demands = demandsOf(plan, batch);
  const sum: Sum = {
    offlineToSeeded: 0,
    offlineToCorrected: 0,
    modelToSeeded: 0,
    modelToCorrected: 0,
    toSeeded: 0,
    toCorrected: 0,
    trips: 0,
    shared: 0,
    garbled: 0,
  };
  for (const traced of traceOf(plan).steps) add(sum, plan, traced, batch);
  return {
    dealt: { corrected: pieceCorrectionBytes(demands), seeded: 32 },
    offline: { toSeeded: sum.offlineToSeeded, toCorrected: sum.offlineToCorrected },
    model: { toSeeded: sum.modelToSeeded, toCorrected: sum.modelToCorrected },
    online: { toSeeded: sum.toSeeded, toCorrected: sum.toCorrected },
    trips: sum.trips,
    ands: { shared: sum.shared, garbled: sum.garbled },
    transfers: demands.reduce((total, demand) => total + (demand.kind === 'transfer' ? demand.count : 0), 0),
  };
}
