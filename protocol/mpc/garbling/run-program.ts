import { Arena } from '../kernels/arena.ts';
import type { Party } from '../turn.ts';
import { BATCH, gatesAtOnce, type Part, partsOf } from './layout.ts';
import type { Program } from './program.ts';
import type { Role } from './scheme.ts';
import type { TableStream } from './tables.ts';

/** Arenas that are kept for the next circuit of this thread: making one takes milliseconds. */
const MAX_IDLE = 4;
const idle: Arena[] = [];

/** What a run works on. */
export interface Run {
  readonly program: Program;
  readonly lanes: number;
  readonly role: Role;
  readonly tables: TableStream;
  /** What NOT adds to a label: the garbler's delta, or 16 zeros. */
  readonly offset: Uint8Array;
  /** 16 bytes for each input wire and lane, wires first. */
  readonly inputs: Uint8Array;
}

/**
 * Runs a program on labels, for either role: level by level, each batch of ANDs around one permutation. The labels of a
 * part of the lanes are in an arena of this run alone, and what is permuted is a view into it.
 * @returns the labels of the outputs: 16 bytes for each output and lane, outputs first
 */
export function* runProgram(run: Run): Party<Uint8Array<ArrayBuffer>> {
  const outputs = new Uint8Array(16 * run.program.outputs.length * run.lanes);
  const memory = idle.pop() ?? new Arena();
  try {
    const parts = partsOf(run.lanes);
    const widest = Math.max(...parts.map(({ lanes }) => lanes));
    const places = {
      offset: memory.load(run.offset),
      records: memory.load(run.program.records),
      labels: memory.reserve(16 * run.program.slots * widest),
      blocks: memory.reserve(16 * run.role.blocks * BATCH),
    };
    run.tables.open(memory, run.role.tableBytes * BATCH);
    for (const part of parts) yield* runPart(run, part, memory, places, outputs);
    yield* run.tables.close();
    return outputs;
  } finally {
    memory.clear();
    if (idle.length < MAX_IDLE) idle.push(memory);
  }
}

/** Addresses of what a run holds in its arena. */
type Places = Readonly<Record<'offset' | 'records' | 'labels' | 'blocks', number>>;

function* runPart(run: Run, { from, lanes }: Part, memory: Arena, at: Places, outputs: Uint8Array): Party<void> {
  const { program, role, tables } = run;
  const size = 16 * lanes;
  const labels = memory.bytes(at.labels, size * program.slots);
  const row = (wire: number): number => 16 * (wire * run.lanes + from);
  const wires = program.inputs[0].length + program.inputs[1].length;
  for (let wire = 0; wire < wires; wire++) {
    labels.set(run.inputs.subarray(row(wire), row(wire) + size), wire * size);
  }
  const atOnce = gatesAtOnce(lanes);
  for (const { free, ands, end } of program.steps) {
    memory.kernels.freeGates(at.records + 16 * free, ands - free, lanes, at.labels, at.offset);
    for (let gate = ands; gate < end; gate += atOnce) {
      const gates = Math.min(atOnce, end - gate);
      const place = yield* tables.place(gates * lanes * role.tableBytes);
      const batch = {
        program: at.records + 16 * gate,
        gates,
        lanes,
        labels: at.labels,
        delta: at.offset,
        hashed: place.before / role.tableBytes,
        blocks: at.blocks,
        tables: place.at,
      };
      role.prepare(memory, batch);
      const blocks = memory.bytes(at.blocks, 16 * role.blocks * gates * lanes);
      blocks.set(yield { kind: 'permute', key: place.key, blocks });
      role.finish(memory, batch);
    }
  }
  for (const [output, slot] of program.outputs.entries()) {
    outputs.set(labels.subarray(slot * size, (slot + 1) * size), row(output));
  }
}
