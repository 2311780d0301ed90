import type { Kernels } from './kernels.ts';
import type { Reals } from './twin/arithmetic.ts';
import { twinKernels } from './twin/index.ts';
import { assertSimd, wasmKernels } from './wasm.ts';

/**
 * `wasm`: SIMD kernels. `plain`: their TypeScript twin, with the same bits, for tests. `double`: the twin in 64 bits,
 * for checking derivatives; its results differ.
 */
export type KernelKind = 'wasm' | 'plain' | 'double';

/** One flat array of numbers, the kernels that work on it, and nothing else: the tape decides what lies where. */
export interface Heap {
  readonly kind: KernelKind;
  readonly kernels: Kernels;
  /**
   * All elements. Read it again after {@link reserve}: growing may move them, and then the old array is detached or
   * stale.
   */
  readonly reals: Reals;
  /** The same places as 32-bit integers. A place holds a real or an integer; only the writer knows which. */
  readonly integers: Int32Array;
  /** Makes room for at least `elements`, keeping the content. @throws RangeError when memory is exhausted */
  reserve(elements: number): void;
}

const PAGE = 65_536;
const FIRST = 1 << 18;

/** Doubles until it fits, so that growing is rare. */
const grown = (now: number, wanted: number): number => Math.max(wanted, Math.min(2 * now, now + (1 << 24)));

function wasmHeap(): Heap {
  assertSimd();
  const memory = new WebAssembly.Memory({ initial: (FIRST * 4) / PAGE });
  let reals = new Float32Array(memory.buffer);
  let integers = new Int32Array(memory.buffer);
  return {
    kind: 'wasm',
    kernels: wasmKernels(memory),
    get reals() {
      return reals;
    },
    get integers() {
      return integers;
    },
    reserve(elements) {
      if (elements <= reals.length) return;
      memory.grow(Math.ceil(((grown(reals.length, elements) - reals.length) * 4) / PAGE));
      reals = new Float32Array(memory.buffer);
      integers = new Int32Array(memory.buffer);
    },
  };
}

function twinHeap(kind: 'plain' | 'double'): Heap {
  const allocate = (elements: number): { reals: Reals; integers: Int32Array } => {
    if (kind === 'double') return { reals: new Float64Array(elements), integers: new Int32Array(elements) };
    const reals = new Float32Array(elements);
    return { reals, integers: new Int32Array(reals.buffer) };
  };
  let now = allocate(FIRST);
  return {
    kind,
    kernels: twinKernels({
      reals: () => now.reals,
      integers: () => now.integers,
      round: kind === 'double' ? (x) => x : Math.fround,
    }),
    get reals() {
      return now.reals;
    },
    get integers() {
      return now.integers;
    },
    reserve(elements) {
      if (elements <= now.reals.length) return;
      const next = allocate(grown(now.reals.length, elements));
      // Bits, not numbers, so that integers survive and NaNs keep their payload.
      next.integers.set(now.integers);
      if (kind === 'double') next.reals.set(now.reals);
      now = next;
    },
  };
}

/** The kernels that training runs on unless others are requested by name. @throws CairnError `simd-missing` */
export function bestKernels(): KernelKind {
  assertSimd();
  return 'wasm';
}

/** A new heap with room for 2^18 elements. @throws CairnError `simd-missing` for `wasm` on a machine without SIMD */
export function createHeap(kind: KernelKind = bestKernels()): Heap {
  return kind === 'wasm' ? wasmHeap() : twinHeap(kind);
}
