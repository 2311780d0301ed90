import { CairnError } from '../../../protocol/errors.ts';
import type { Tape } from '../../../training/index.ts';
import type { Federation, Images } from './data.ts';
import type { AdamMemory } from './generator.ts';
import type { Scenario } from './scenarios.ts';
import type { GanAttackSettings } from './settings.ts';

/** State of a federation under attack between two rounds. */
export interface AttackState {
  /** Rounds done. */
  readonly round: number;
  /** The round in which the attack began; null before. */
  readonly attackFrom: number | null;
  /** The global parameters. */
  readonly global: Float32Array;
  /** The adversary's generator. */
  readonly generator: Float32Array;
  /** Its optimiser's state. */
  readonly memory: AdamMemory;
  /** Samples that the adversary still trains on as the fake class, oldest first. */
  readonly fakes: Float32Array;
}

const NUMBERS = 7;

/**
 * A state as bytes: seven numbers (round, the attack's first round or −1, the optimiser's steps, four lengths), then
 * the vectors, little-endian.
 */
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

/** The settings that determine the rounds; the same for all scenarios except for the schedule. */
type RoundSettings = Pick<
  GanAttackSettings,
  | 'gamma'
  | 'tau'
  | 'delta'
  | 'rounds'
  | 'userClip'
  | 'imagesPerClass'
  | 'generatorWidth'
  | 'generatorSteps'
  | 'generatorRate'
  | 'fakes'
  | 'fakeRounds'
  | 'batchSize'
  | 'startAccuracy'
  | 'startLatest'
  | 'samples'
  | 'testImages'
>;

/** The evaluation of a federation between two rounds. */
export interface Look {
  /** Share of the test images of participants' classes that the global model classifies correctly. */
  readonly accuracy: number;
  /** Share of the samples that the global model classifies as the target; null before the attack. */
  readonly fooled: number | null;
  /** The generator's samples; empty before the attack. */
  readonly samples: Float32Array;
}

/** Input of `runRounds`. */
export interface RoundsInput {
  readonly scenario: Scenario;
  readonly settings: RoundSettings;
  readonly images: Images;
  /** Seed of the repetition: the same for all its scenarios. */
  readonly seed: number;
  /** Undefined for the first rounds. */
  readonly state: AttackState | undefined;
  /** The round after which to stop. */
  readonly until: number;
}

/** Output of `runRounds`. */
export interface RoundsOutput extends Look {
  readonly state: AttackState;
  /** Mean of −ln p(target) over the generator's last steps; null before the attack. */
  readonly generatorLoss: number | null;
  /** Maximum number of uploads in one round that were longer than the aggregator's clip. */
  readonly clipped: number;
  /** How often a participant sat out a round because its training diverged. */
  readonly diverged: number;
  /**
   * Maximum difference of a coordinate between the last round's sum and the same sum in the open; null if it is in the
   * open, or private.
   */
  readonly rounding: number | null;
}

/** The context of the parts of a round. */
export interface Run {
  readonly tape: Tape;
  readonly federation: Federation;
  readonly input: RoundsInput;
}
