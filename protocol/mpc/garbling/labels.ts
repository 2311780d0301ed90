import { arena } from '../kernels/arena.ts';
import type { Slices } from '../slices.ts';

/**
 * Adds delta to each label whose bit is set.
 * @param labels 16 bytes for each row of the bits and each lane, rows first; changed in place
 */
export function addDelta(labels: Uint8Array, delta: Uint8Array, { rows, lanes, stride, words }: Slices): void {
  const memory = arena();
  for (let row = 0; row < rows; row++) {
    memory.scoped(() => {
      const part = labels.subarray(16 * row * lanes, 16 * (row + 1) * lanes);
      const at = memory.load(part);
      const difference = memory.load(delta);
      const bits = memory.load(words.subarray(row * stride, (row + 1) * stride));
      memory.kernels.addDelta(at, lanes, difference, bits);
      part.set(memory.bytes(at, part.length));
    });
  }
}

/**
 * Puts the labels of both parties' inputs in the order of the circuit's input wires.
 * @param wires the input wires of each party; labels are in the same order, 16 bytes for each wire and lane
 */
export function inOrderOfWires(
  wires: readonly [Uint32Array, Uint32Array],
  labels: readonly [Uint8Array, Uint8Array],
  lanes: number,
): Uint8Array {
  const size = 16 * lanes;
  const all = new Uint8Array(labels[0].length + labels[1].length);
  for (const party of [0, 1] as const) {
    for (const [at, wire] of wires[party].entries()) {
      all.set(labels[party].subarray(at * size, (at + 1) * size), wire * size);
    }
  }
  return all;
}
