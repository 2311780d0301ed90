import { bestKernels } from '../kernels/index.ts';
import type { KernelKind } from '../kernels/index.ts';
import { Tape } from '../tape/tape.ts';

// A heap's address space is freed only when it is garbage-collected, so tapes are reused; but only a few, and only
// those of ordinary size, because a heap never shrinks.
const KEPT = 2;
const LARGEST = 1 << 26;
const idle: Tape[] = [];

/** Lends a tape for a run, by default on the fastest kernels. It is wiped afterwards, however the run ends. */
export async function withTape<T>(kind: KernelKind | undefined, use: (tape: Tape) => Promise<T>): Promise<T> {
  const wanted = kind ?? bestKernels();
  const at = idle.findIndex((tape) => tape.heap.kind === wanted);
  const tape = at < 0 ? new Tape(wanted) : idle.splice(at, 1)[0]!;
  try {
    return await use(tape);
  } finally {
    tape.wipe();
    if (idle.length < KEPT && tape.heap.reals.length <= LARGEST) idle.push(tape);
  }
}
