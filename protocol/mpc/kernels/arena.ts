import { assertSimd } from '../../kernels/index.ts';
import { wasmBase64 } from './wasm.generated.ts';
import type { GarblingKernels } from './garbling.ts';
import type { GmwKernels } from './gmw.ts';
import type { RingKernels } from './ring.ts';
import type { SliceKernels } from './slices.ts';
import type { TransferKernels } from './transfer.ts';

/** ChaCha streams, as in protocol/kernels. */
interface StreamKernels {
  prepareStream(stream: number): void;
  addStream(stream: number, counter: number, target: number, groups: number, rounds: number): void;
}

/** What assembly/index.ts exports. Addresses are in bytes, and non-negative; those of vectors are multiples of 16. */
export interface Kernels
  extends GarblingKernels, GmwKernels, RingKernels, SliceKernels, StreamKernels, TransferKernels {}

const PAGE = 65_536;

/** WebAssembly's own limit with 32-bit addresses is 65 536 pages; engines differ below that, and 2 GiB is safe. */
const MAX_PAGES = 32_768;

/** The module is compiled once, and its code is shared by all arenas. */
let compiled: WebAssembly.Module | undefined;
/** Where reserving begins: address 0 is never given out. */
const BOTTOM = 16;

/**
 * The kernels of this thread over one memory that is used as a stack: {@link Arena.scoped} zeroes and gives back
 * whatever was reserved within it, so that no share, label or mask stays there.
 */
export class Arena {
  readonly kernels: Kernels;
  readonly #memory: WebAssembly.Memory;
  #top = BOTTOM;

  /** @throws CairnError `simd-missing` */
  constructor() {
    assertSimd();
    this.#memory = new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES });
    compiled ??= new WebAssembly.Module(Uint8Array.from(atob(wasmBase64), (character) => character.charCodeAt(0)));
    const instance = new WebAssembly.Instance(compiled, { env: { memory: this.#memory } });
    // The module's exports are untyped; assembly/index.ts exports just these.
    this.kernels = instance.exports as unknown as Kernels;
  }

  /** Does `work`, then zeroes and gives back all that it reserved, also if it throws. Scopes nest; `work` is synchronous. */
  scoped<T>(work: () => T): T {
    const from = this.#top;
    try {
      return work();
    } finally {
      this.bytes(from, this.#top - from).fill(0);
      this.#top = from;
    }
  }

  /** Bytes of memory that the arena has, reserved or not. */
  get size(): number {
    return this.#memory.buffer.byteLength;
  }

  /**
   * An address, a multiple of 16, at which `bytes` zero bytes are the caller's until its scope ends.
   * @throws RangeError when the platform has no memory left
   */
  reserve(bytes: number): number {
    const at = this.#top;
    const top = at + 16 * Math.ceil(bytes / 16);
    const missing = top - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE));
    this.#top = top;
    return at;
  }

  /** Copies bytes to a fresh place. */
  load(source: Uint8Array | Uint32Array | BigUint64Array): number {
    const at = this.reserve(source.byteLength);
    this.bytes(at, source.byteLength).set(new Uint8Array(source.buffer, source.byteOffset, source.byteLength));
    return at;
  }

  /** Zeroes all that was reserved and gives it back: for an arena that one owner holds for longer than a scope lasts. */
  clear(): void {
    this.bytes(BOTTOM, this.#top - BOTTOM).fill(0);
    this.#top = BOTTOM;
  }

  /** A view of bytes. Views go stale when memory grows: take one only after all that is needed is reserved. */
  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, at, length);
  }

  /** A view of 32-bit words; see {@link Arena.bytes}. */
  words(at: number, count: number): Uint32Array {
    return new Uint32Array(this.#memory.buffer, at, count);
  }
}

let shared: Arena | undefined;

/**
 * The arena of this thread.
 * @throws CairnError `simd-missing`
 */
export function arena(): Arena {
  shared ??= new Arena();
  return shared;
}

/** Arenas that are kept for the next computation, and the largest that is kept: memory never shrinks. */
const MAX_IDLE = 4;
const MAX_IDLE_BYTES = 2 ** 26;
const idle: Arena[] = [];

/**
 * An arena for one computation that stays in memory while it waits for messages, as none may in {@link arena}: others
 * reserve and give back there meanwhile. Give it back with {@link returnArena}.
 * @throws CairnError `simd-missing`
 */
export function leaseArena(): Arena {
  return idle.pop() ?? new Arena();
}

/** Takes back a leased arena, zeroed. Its lessee does not touch it any more. */
export function returnArena(leased: Arena): void {
  leased.clear();
  if (idle.length < MAX_IDLE && leased.size <= MAX_IDLE_BYTES) idle.push(leased);
}
