import { CairnError } from '../../../protocol/errors.ts';
import type { AdamMemory } from './lasting-adam.ts';

/** Where a federation under attack is, between two rounds. */
export interface AttackState {
  /** Rounds that are done. */
  readonly round: number;
  /** The round in which the attack began; null before. */
  readonly attackFrom: number | null;
  /** The global parameters. */
  readonly global: Float32Array;
  /** The adversary's generator. */
  readonly generator: Float32Array;
  /** What its optimiser remembers. */
  readonly memory: AdamMemory;
  /** Samples that the adversary still trains on as the fake class, oldest first. */
  readonly fakes: Float32Array;
}

const NUMBERS = 7;

/** A state as bytes: seven numbers (round, the attack's begin or −1, the optimiser's
 * steps, four lengths), then the vectors, little-endian. */
export function encodeState({ round, attackFrom, global, generator, memory, fakes }: AttackState): Uint8Array {
  const vectors = [global, generator, memory.moments, fakes];
  const numbers = Int32Array.of(round, attackFrom ?? -1, memory.steps, ...vectors.map(({ length }) => length));
  const bytes = new Uint8Array(4 * NUMBERS + vectors.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of [numbers, ...vectors]) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  return bytes;
}

/** Reads what {@link encodeState} wrote. @throws CairnError `model-malformed` for a length that does not fit */
export function decodeState(bytes: Uint8Array): AttackState {
  const { buffer } = bytes.slice();
  const expected = bytes.length < 4 * NUMBERS ? [] : [...new Int32Array(buffer, 0, NUMBERS)];
  const [round, attackFrom, steps, ...lengths] = expected as [number, number, number, ...number[]];
  const floats = lengths.reduce((sum, length) => sum + length, 0);
  if (lengths.length !== 4 || bytes.length !== 4 * (NUMBERS + floats))
    throw new CairnError('model-malformed', `checkpoint: lengths do not fit its ${bytes.length} bytes`);
  let at = 4 * NUMBERS;
  const [global, generator, moments, fakes] = lengths.map((length) => {
    const vector = new Float32Array(buffer, at, length);
    at += 4 * length;
    return vector;
  }) as [Float32Array, Float32Array, Float32Array, Float32Array];
  return {
    round,
    attackFrom: attackFrom < 0 ? null : attackFrom,
    global,
    generator,
    memory: { steps, moments },
    fakes,
  };
}
