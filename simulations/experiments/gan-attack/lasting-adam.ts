import { adam, type AdamSettings, type Optimiser, type Tape } from '../../../training/index.ts';

/** What Adam remembers between two rounds. */
export interface AdamMemory {
  /** Steps that are done. */
  readonly steps: number;
  /** The decaying means of g, then those of g², each in the order in which tensors are updated; empty before a step. */
  readonly moments: Float32Array;
}

/** Adam's memory before the first step. */
export const NO_MEMORY: AdamMemory = { steps: 0, moments: new Float32Array(0) };

interface Place {
  readonly slots: readonly number[];
  readonly size: number;
}

/**
 * Adam that goes on from where it was when another tape was released. It serves one model on one tape.
 * @returns the optimiser, and how to read its memory before the tape is released
 */
export function lastingAdam(
  tape: Tape,
  settings: AdamSettings,
  { steps, moments }: AdamMemory,
): { readonly optimiser: Optimiser; readonly memory: () => AdamMemory } {
  const inner = adam(settings);
  const places: Place[] = [];
  let done = 0;
  const half = moments.length / 2;
  return {
    optimiser: {
      slots: inner.slots,
      update(kernels, operands, step) {
        const { slots, size } = operands;
        if (step === 1) {
          const from = places.reduce((sum, place) => sum + place.size, 0);
          if (half > 0)
            for (const [k, slot] of slots.entries())
              tape.heap.reals.set(moments.subarray(k * half + from, k * half + from + size), slot);
          places.push({ slots, size });
        }
        done = step;
        inner.update(kernels, operands, steps + step);
      },
    },
    memory: () => {
      const total = places.reduce((sum, { size }) => sum + size, 0);
      const kept = new Float32Array(2 * total);
      for (const k of [0, 1]) {
        let at = k * total;
        for (const { slots, size } of places) {
          kept.set(tape.heap.reals.subarray(slots[k], slots[k]! + size), at);
          at += size;
        }
      }
      return { steps: steps + done, moments: kept };
    },
  };
}
