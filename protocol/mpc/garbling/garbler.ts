import { CairnError } from '../../errors.ts';
import type { Circuit } from '../circuits/index.ts';
import type { Prg } from '../prg.ts';
import { packedRowBytes, type Slices, unpackRows } from '../slices.ts';
import type { CorrelatedSender } from '../transfer/types.ts';
import { type Party } from '../turn.ts';
import { expectLanes, expectRows, expectTransfers } from './checks.ts';
import { addDelta, inOrderOfWires } from './labels.ts';
import { tableMessages } from './layout.ts';
import { receiveLong, sendLong } from './long-messages.ts';
import { decodeByTags, decodingRows, outputKey, TAG } from './outputs.ts';
import { type Program, programOf } from './program.ts';
import { runProgram } from './run-program.ts';
import { DEFAULT_SCHEME, SCHEMES } from './schemes.ts';
import { SecretState } from './state.ts';
import { TableWriter } from './tables.ts';
import type { Reveal, Scheme } from './types.ts';

/** What the garbler holds between the two phases: good for one {@link garblerFinish}, and as secret as its inputs. */
export type GarblerState = SecretState<GarblerSecrets>;

interface GarblerSecrets {
  readonly program: Program;
  readonly lanes: number;
  readonly delta: Uint8Array;
  /** Labels for 0 of the garbler's inputs. */
  readonly own: Uint8Array;
  /** Labels for 0 of the outputs. */
  readonly outputs: Uint8Array;
  /** Under which the outputs' labels are hashed; not a secret. */
  readonly outputKey: Uint8Array;
}

/** What the garbler garbles with. */
export interface GarblerOptions {
  /**
   * A correlated transfer for each input bit of the evaluator, wires first and then lanes, used up: its strings are
   * wiped. The circuit is garbled with its delta, so it must be fresh for each circuit and lane.
   */
  readonly transfers: CorrelatedSender;
  /** Labels and keys are drawn from it. */
  readonly prg: Prg;
  readonly scheme?: Scheme;
}

/**
 * The garbler's offline phase, party 0: learns for which bits the evaluator's transfers chose wrongly, garbles all
 * lanes, and sends the tables. It needs the evaluator's inputs (hidden by its choices) and not the garbler's.
 *
 * Holds against semi-honest parties: a malicious garbler could garble another circuit, or one that fails for some
 * inputs and learn from the failure. The evaluator, even a malicious one, learns the outputs revealed to it alone, if the
 * transfers hold against it.
 * @param lanes from 1
 * @throws CairnError `wire-bounds` if the transfers are not as many as the evaluator's bits, or delta has colour 0
 */
export function* garble(circuit: Circuit, lanes: number, options: GarblerOptions): Party<GarblerState> {
  const { transfers, prg, scheme = DEFAULT_SCHEME } = options;
  const program = programOf(circuit);
  const bits = program.inputs[1].length;
  expectLanes(lanes);
  expectTransfers(transfers.zeros, bits * lanes);
  if (transfers.delta.length !== 16 || (transfers.delta[0]! & 1) !== 1) {
    throw new CairnError('wire-bounds', 'the delta of a garbling is 16 bytes, of which the lowest bit is 1');
  }
  const flips = unpackRows(yield* receiveLong(bits * packedRowBytes(lanes)), bits, lanes);
  const delta = transfers.delta.slice();
  const own = prg.bytes(16 * program.inputs[0].length * lanes);
  // The evaluator has zeros ⊕ choice · delta, and its bit is choice ⊕ flip: the label for 0 is zeros ⊕ flip · delta.
  addDelta(transfers.zeros, delta, flips);
  const inputs = inOrderOfWires(program.inputs, [own, transfers.zeros], lanes);
  transfers.zeros.fill(0);
  try {
    const role = SCHEMES[scheme].garbler;
    const tables = new TableWriter(tableMessages(program, lanes, role.tableBytes), prg);
    const outputs = yield* runProgram({ program, lanes, role, tables, offset: delta, inputs });
    const key = outputKey(program, scheme, lanes, tables.firstKey);
    return new SecretState({ program, lanes, delta, own, outputs, outputKey: key }, [delta, own, outputs]);
  } finally {
    inputs.fill(0);
  }
}

/**
 * The garbler's online phase: sends the labels of its inputs, and the outputs are decoded for whom they are revealed to.
 * One trip if only the evaluator learns them, else two.
 * @param own a row for each of the garbler's input wires
 * @returns a row for each output, if the garbler learns them
 * @throws CairnError `secret-wiped` if the state was used before, `wire-bounds` for other rows or lanes, `garbled-output` if
 * what the evaluator returned fits neither value of an output
 */
export function* garblerFinish(state: GarblerState, own: Slices, reveal: Reveal): Party<Slices | undefined> {
  const { program, lanes, delta, own: labels, outputs, outputKey: key } = state.take();
  try {
    expectRows(own, program.inputs[0].length, lanes);
    addDelta(labels, delta, own);
    yield* sendLong(labels.slice());
    if (reveal !== 'garbler') yield* sendLong(yield* decodingRows(outputs, delta, key));
    if (reveal === 'evaluator') return undefined;
    const tags = yield* receiveLong((TAG * outputs.length) / 16);
    return yield* decodeByTags(outputs, delta, tags, key, lanes);
  } finally {
    state.wipe();
  }
}
