import { CairnError } from '../../errors.ts';
import { type Arena, arena, leaseArena, returnArena } from '../kernels/arena.ts';
import { applyMap, type MapKernels } from './apply.ts';
import { convolvedSize, type LinearMap, mapSizes } from './linear-map.ts';
import type { Ring, WeightedMap, Words } from './types.ts';

type Elementwise = (target: number, a: number, b: number, bytes: number) => void;

/** What differs between the two rings. Kernels are looked up at each call: the arena is made at its first use. */
interface Width<W extends Words> {
  readonly bits: 32 | 64;
  readonly view: (buffer: ArrayBuffer) => W;
  readonly kernels: (memory: Arena) => MapKernels & {
    readonly add: Elementwise;
    readonly subtract: Elementwise;
    readonly multiply: Elementwise;
    readonly shift: (target: number, a: number, bytes: number, bits: number, signed: 0 | 1) => void;
  };
  readonly toSigned: (a: W) => BigInt64Array;
  readonly fromSigned: (values: BigInt64Array) => W;
}

/** The bytes of a vector: a view. */
export function wordBytes(words: Words): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

function makeRing<W extends Words>(width: Width<W>): Ring<W> {
  const { bits, view, kernels } = width;
  const bytes = bits === 32 ? 4 : 8;

  const zeros = (count: number): W => view(new ArrayBuffer(bytes * count));
  const copied = (memory: Arena, at: number, length: number): W => view(memory.bytes(at, length).slice().buffer);

  /** Writes `a op b` to `target`, which may be one of them. */
  const combine = (op: 'add' | 'subtract' | 'multiply', target: W, a: W, b: W): void => {
    if (a.length !== b.length) {
      throw new CairnError('wire-bounds', `vectors of ${a.length} and ${b.length} elements do not go together`);
    }
    const memory = arena();
    memory.scoped(() => {
      const left = memory.load(a);
      const right = memory.load(b);
      kernels(memory)[op](left, left, right, a.byteLength);
      wordBytes(target).set(memory.bytes(left, a.byteLength));
    });
  };
  const combined = (op: 'add' | 'subtract' | 'multiply', a: W, b: W): W => {
    const target = zeros(a.length);
    combine(op, target, a, b);
    return target;
  };

  const expectWeights = (map: LinearMap, weights: W): void => {
    // Negative rows times negative columns would look like outputs.
    const extents = map.kind === 'dense' ? [map.inputs, map.outputs] : convolvedSize(map);
    if (!extents.every((extent) => Number.isSafeInteger(extent) && extent > 0)) {
      throw new CairnError(
        'wire-bounds',
        'a map has no outputs: it is empty, or its filters are larger than its images',
      );
    }
    const expected = mapSizes(map).weights;
    if (weights.length !== expected) {
      throw new CairnError('wire-bounds', `a map of ${expected} weights was given ${weights.length}`);
    }
  };
  /** A map with its weights at an address, in the caller's scope. */
  const applied = (memory: Arena, map: LinearMap, weights: number, x: W, batch: number): W => {
    const { inputs, outputs } = mapSizes(map);
    if (x.length !== batch * inputs) {
      throw new CairnError('wire-bounds', `a map of ${batch} × ${inputs} inputs was given ${x.length}`);
    }
    const at = applyMap(memory, kernels(memory), bytes, map, weights, memory.load(x), batch);
    return copied(memory, at, bytes * batch * outputs);
  };

  return {
    bits,
    bytes,
    zeros,
    draw: (prg, count) => view(prg.bytes(bytes * count).buffer as ArrayBuffer),
    add: (a, b) => combined('add', a, b),
    subtract: (a, b) => combined('subtract', a, b),
    negate(a) {
      const memory = arena();
      return memory.scoped(() => {
        const at = memory.load(a);
        kernels(memory).subtract(at, memory.reserve(a.byteLength), at, a.byteLength);
        return copied(memory, at, a.byteLength);
      });
    },
    multiply: (a, b) => combined('multiply', a, b),
    addInto: (target, a) => combine('add', target, target, a),
    subtractInto: (target, a) => combine('subtract', target, target, a),
    apply(map, weights, x, batch) {
      expectWeights(map, weights);
      const memory = arena();
      return memory.scoped(() => applied(memory, map, memory.load(weights), x, batch));
    },
    prepare(layers) {
      for (const { map, weights } of layers) expectWeights(map, weights);
      let memory: Arena | undefined = leaseArena();
      const maps = layers.map(({ map, weights }): WeightedMap<W> => {
        const at = memory!.load(weights);
        return {
          map,
          apply(x, batch) {
            const held = memory;
            if (held === undefined) throw new CairnError('secret-wiped', 'a map was applied after it had been wiped');
            return held.scoped(() => applied(held, map, at, x, batch));
          },
        };
      });
      return {
        maps,
        wipe() {
          if (memory !== undefined) returnArena(memory);
          memory = undefined;
        },
      };
    },
    shiftRight(a, shift, sign) {
      if (!Number.isInteger(shift) || shift < 0 || shift >= bits) {
        throw new CairnError('wire-bounds', `elements of ${bits} bits are not shifted by ${shift}`);
      }
      const memory = arena();
      return memory.scoped(() => {
        const at = memory.load(a);
        kernels(memory).shift(at, at, a.byteLength, shift, sign === 'signed' ? 1 : 0);
        return copied(memory, at, a.byteLength);
      });
    },
    toBytes: (a) => wordBytes(a).slice(),
    fromBytes(source) {
      if (source.length % bytes !== 0) {
        throw new CairnError('wire-bounds', `${source.length} bytes are not whole elements of ${bytes}`);
      }
      // A copy, also of a Buffer, whose slice() is none.
      return view(new Uint8Array(source).buffer);
    },
    toSigned: width.toSigned,
    fromSigned: (values) => width.fromSigned(new BigInt64Array(values)),
  };
}

/** Integers modulo 2^32. */
export const ring32: Ring<Uint32Array> = makeRing<Uint32Array>({
  bits: 32,
  view: (buffer) => new Uint32Array(buffer),
  kernels: ({ kernels }) => ({
    add: kernels.ringAdd32,
    subtract: kernels.ringSubtract32,
    multiply: kernels.ringMultiply32,
    shift: kernels.ringShift32,
    product: kernels.ringProduct32,
    pad: kernels.ringPad32,
    convolve: kernels.ringConvolve32,
  }),
  toSigned(a) {
    const halves = new Int32Array(2 * a.length);
    for (let i = 0; i < a.length; i++) {
      halves[2 * i] = a[i]!;
      halves[2 * i + 1] = halves[2 * i]! >> 31;
    }
    return new BigInt64Array(halves.buffer);
  },
  fromSigned(values) {
    const halves = new Uint32Array(values.buffer);
    const words = new Uint32Array(values.length);
    for (let i = 0; i < words.length; i++) words[i] = halves[2 * i]!;
    return words;
  },
});

/** Integers modulo 2^64. The words are a container: all arithmetic is in the kernels. */
export const ring64: Ring<BigUint64Array> = makeRing<BigUint64Array>({
  bits: 64,
  view: (buffer) => new BigUint64Array(buffer),
  kernels: ({ kernels }) => ({
    add: kernels.ringAdd64,
    subtract: kernels.ringSubtract64,
    multiply: kernels.ringMultiply64,
    shift: kernels.ringShift64,
    product: kernels.ringProduct64,
    pad: kernels.ringPad64,
    convolve: kernels.ringConvolve64,
  }),
  toSigned: (a) => new BigInt64Array(a.slice().buffer),
  fromSigned: (values) => new BigUint64Array(values.buffer),
});

/** The ring of a width: for vectors that only it makes and takes. */
export function ringOf(bits: 32 | 64): Ring {
  return bits === 32 ? ring32 : ring64;
}
