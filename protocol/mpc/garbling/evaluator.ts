import type { Circuit } from '../circuits/index.ts';
import { packedRowBytes, packRows, type Slices } from '../slices.ts';
import type { CorrelatedReceiver } from '../transfer/types.ts';
import { type Party, receive } from '../turn.ts';
import { expectLanes, expectRows, expectTransfers } from './checks.ts';
import { inOrderOfWires } from './labels.ts';
import { KEY, tableMessages } from './layout.ts';
import { receiveLong, sendLong } from './long-messages.ts';
import { decodeByRows, outputKey, outputTags, TAG } from './outputs.ts';
import { type Program, programOf } from './program.ts';
import { runProgram } from './run-program.ts';
import { DEFAULT_SCHEME, SCHEMES } from './schemes.ts';
import { SecretState } from './state.ts';
import { TableReader } from './tables.ts';
import type { Reveal, Scheme } from './types.ts';

/** What the evaluator holds between the two phases: good for one {@link evaluatorFinish}. */
export type EvaluatorState = SecretState<EvaluatorSecrets>;

interface EvaluatorSecrets {
  readonly program: Program;
  readonly lanes: number;
  readonly scheme: Scheme;
  /** Labels of the evaluator's inputs. */
  readonly own: Uint8Array;
  /** The garbler's messages of tables; not a secret. */
  readonly messages: readonly Uint8Array[];
}

/** What the evaluator prepares with. */
export interface EvaluatorOptions {
  /** A correlated transfer for each of its input bits, wires first and then lanes, used up: choices and strings are wiped. */
  readonly transfers: CorrelatedReceiver;
  /** A row for each of the evaluator's input wires. */
  readonly own: Slices;
  readonly scheme?: Scheme;
}

/**
 * The evaluator's offline phase, party 1: tells the garbler which of its bits differ from its random choices, which says
 * nothing about the bits, and receives the tables.
 * @param lanes from 1
 * @throws CairnError `wire-bounds` if transfers or rows are not as many as the evaluator's bits
 */
export function* evaluatorPrepare(circuit: Circuit, lanes: number, options: EvaluatorOptions): Party<EvaluatorState> {
  const { transfers, own, scheme = DEFAULT_SCHEME } = options;
  const program = programOf(circuit);
  const bits = program.inputs[1].length;
  expectLanes(lanes);
  expectTransfers(transfers.labels, bits * lanes);
  expectRows(own, bits, lanes);
  const flips = packRows(own);
  const choices = packChoices(transfers.choices, bits, lanes);
  for (let at = 0; at < flips.length; at++) flips[at]! ^= choices[at]!;
  const labels = transfers.labels.slice();
  for (const used of [choices, transfers.choices, transfers.labels]) used.fill(0);
  yield* sendLong(flips);
  const messages: Uint8Array[] = [];
  for (const length of tableMessages(program, lanes, SCHEMES[scheme].evaluator.tableBytes)) {
    messages.push(yield* receive(length));
  }
  return new SecretState({ program, lanes, scheme, own: labels, messages }, [labels]);
}

/** The choices, bit after bit, as rows of a message like {@link packRows} makes. */
function packChoices(choices: Uint8Array, rows: number, lanes: number): Uint8Array {
  const width = packedRowBytes(lanes);
  const packed = new Uint8Array(rows * width);
  if (lanes % 8 === 0) {
    packed.set(choices.subarray(0, packed.length));
    return packed;
  }
  for (let row = 0, at = 0; row < rows; row++) {
    for (let lane = 0; lane < lanes; lane++, at++) {
      packed[row * width + (lane >>> 3)]! |= ((choices[at >>> 3]! >>> (at & 7)) & 1) << (lane & 7);
    }
  }
  return packed;
}

/**
 * The evaluator's online phase: receives the labels of the garbler's inputs and evaluates all lanes.
 * @returns a row for each output, if the evaluator learns them
 * @throws CairnError `secret-wiped` if the state was used before, `garbled-output` if an output's label fits neither value
 */
export function* evaluatorFinish(state: EvaluatorState, reveal: Reveal): Party<Slices | undefined> {
  const { program, lanes, scheme, own, messages } = state.take();
  const used = [own];
  try {
    const garblers = yield* receiveLong(16 * program.inputs[0].length * lanes);
    const rows = yield* receiveLong(reveal === 'garbler' ? 0 : 2 * TAG * program.outputs.length * lanes);
    const inputs = inOrderOfWires(program.inputs, [garblers, own], lanes);
    used.push(garblers, inputs);
    const tables = new TableReader(messages);
    const role = SCHEMES[scheme].evaluator;
    const labels = yield* runProgram({ program, lanes, role, tables, offset: new Uint8Array(16), inputs });
    used.push(labels);
    const key = outputKey(program, scheme, lanes, messages[0]!.subarray(0, KEY));
    if (reveal !== 'evaluator') yield* sendLong(yield* outputTags(labels, key));
    return reveal === 'garbler' ? undefined : yield* decodeByRows(labels, rows, key, lanes);
  } finally {
    for (const secret of used) secret.fill(0);
  }
}
