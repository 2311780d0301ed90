import type { Primitives } from '../crypto/primitives.ts';
import { LABELS, SIZES, type SuiteId, SUITES } from '../crypto/suite.ts';
import { transcript } from '../crypto/transcript.ts';
import type { NoiseDistribution } from '../privacy/index.ts';
import { LIMITS } from './limits.ts';
import { ByteReader } from './reader.ts';
import { ByteWriter } from './writer.ts';

/** How a round's sum is made differentially private, and what the task may spend. See `protocol/privacy`. */
export interface RoundPrivacy {
  /** Which side adds the noise: each client a share of it, or the coordinator all of it, to the sum. */
  readonly placement: 'central' | 'distributed';
  readonly distribution: NoiseDistribution;
  /** z: standard deviation of the noise in the sum, divided by what one client can move the sum by. */
  readonly noiseMultiplier: number;
  /** Clients in a sum whose noise no adversary knows, for which distributed noise is sized; 1 if it is central. */
  readonly minHonestSurvivors: number;
  /** Width of the coordinate that adaptive clipping needs, as a fraction of the clip; 0 if there is none. */
  readonly bitWidth: number;
  /** Probability with which each member is drawn for a round, above 0; below 1 the ε below rests on it. */
  readonly sampling: number;
  /** Maximum ε of the whole task towards parties that see its models, and the δ that goes with it. */
  readonly epsilon: number;
  readonly delta: number;
  /** The part of ε that the coordinator counts as spent before this round. */
  readonly spent: number;
}

/** Coordinates of a tensor that is averaged but not trained, and how far one member can move them. */
export interface UntrainedRange {
  /** Its first coordinate. */
  readonly from: number;
  /** Number of its coordinates. */
  readonly length: number;
  /** Maximum absolute change of one of its values. */
  readonly bound: number;
}

/**
 * Everything about a round that both sides must agree on before it starts. Its hash is the context of the first
 * messages and enters the session id, so a coordinator that tells two clients different settings gets noise.
 */
export interface RoundSettings {
  readonly suite: SuiteId;
  /** The scheme by which inputs are summed; see `protocol/rounds/scheme.ts`. Absent: {@link DEFAULT_SCHEME}. */
  readonly scheme?: string;
  /** 16 fresh random bytes: no two rounds have the same settings. */
  readonly nonce: Uint8Array;
  /** Name of the task (training job). */
  readonly task: string;
  /** Number of the round within the task, from 1; an abandoned round is retried under the same number. */
  readonly round: number;
  /**
   * How often members have been asked to retrain from this model, as after a rollback. Each value allows one input per
   * member: for one model and one `repeat` a client always sends the same input, or none.
   */
  readonly repeat: number;
  /**
   * Steps by which the model was moved since the last round committed, because sums from the model before could not be
   * opened: a rebase. To a client each is another sum from nearly the same model.
   */
  readonly rebases: number;
  /** What the round is safe against: a coordinator that only observes (`curious`), or one that also lies (`active`). */
  readonly adversary: 'curious' | 'active';
  /** Which members mask with each other: all, a ring of k neighbours, or a ring if that is smaller. */
  readonly graph: 'complete' | 'ring' | 'auto';
  /** Share of members that may collude with the coordinator (γ), in parts per million. */
  readonly colludingPpm: number;
  /** Share of members that may drop out (δ), in parts per million. */
  readonly dropoutPpm: number;
  /** Shares needed to open a secret; 0 derives it from the number of members. */
  readonly threshold: number;
  /** Minimum number of inputs in the sum. */
  readonly minCohort: number;
  /** Maximum number of members, for which the overflow budget is computed. */
  readonly maxCohort: number;
  /** Model coordinates of the masked vector; the metric coordinates are additional. */
  readonly dimension: number;
  /** SHA-256 of the model file that every member starts from. */
  readonly modelHash: Uint8Array;
  /** Hash of the member directory; zeros in a curious round without identities. */
  readonly directoryHash: Uint8Array;
  /** Arithmetic is modulo 2^modulusBits. */
  readonly modulusBits: number;
  /** Bits of one quantized coordinate. */
  readonly inputBits: number;
  /** Maximum L2 norm of the trained part of one client's update, before weighting. */
  readonly clip: number;
  /** The number of examples that has weight 1; larger numbers count as this. */
  readonly maxExamples: number;
  /** Maximum absolute mean loss that a client reports. */
  readonly lossBound: number;
  /** Tensors outside the clip, such as batch norm's running moments: ascending, disjoint. Absent: none. */
  readonly untrained?: readonly UntrainedRange[];
  /**
   * Whether the round only measures: members send no update and no metrics, but only the peaks, from which the
   * coordinator takes maxExamples, lossBound and the bounds of untrained tensors for later rounds. Absent: no.
   */
  readonly measures?: boolean;
  /**
   * Noise in the sum. All updates then weigh the same, no metrics are sent, and untrained tensors are unchanged:
   * maxExamples, lossBound, inputBits and the bounds of untrained tensors are not used.
   */
  readonly privacy?: RoundPrivacy;
  /** The task's options for local training, as JSON text that the app reads. */
  readonly training: string;
}

/** The scheme of settings that name none. */
export const DEFAULT_SCHEME = 'secagg';

/**
 * Not a suite: settings of another scheme begin with it, so that a reader that knows only the default scheme refuses
 * them.
 */
const NAMED_SCHEME = 0;

/** The hash of a model or directory when there is none. */
export const NO_HASH: Uint8Array = new Uint8Array(SIZES.hash);

const ADVERSARIES = ['curious', 'active'] as const;
const GRAPHS = ['complete', 'ring', 'auto'] as const;
const PLACEMENTS = ['central', 'distributed'] as const;
const DISTRIBUTIONS = ['discrete-gaussian', 'skellam'] as const satisfies readonly NoiseDistribution[];
const MILLION = 1_000_000;

/**
 * The canonical bytes of a round's settings. @throws CairnError `wire-bounds` for a value that does not fit its field
 */
export function encodeSettings(settings: RoundSettings): Uint8Array {
  const { scheme = DEFAULT_SCHEME } = settings;
  const writer = new ByteWriter(256);
  if (scheme !== DEFAULT_SCHEME) writer.u8(NAMED_SCHEME).text(scheme);
  writer
    .u8(settings.suite)
    .fixed(settings.nonce, SIZES.roundNonce)
    .text(settings.task)
    .u32(settings.round)
    .u8(settings.repeat)
    .u8(settings.rebases)
    .u8(ADVERSARIES.indexOf(settings.adversary) + 1)
    .u8(GRAPHS.indexOf(settings.graph) + 1)
    .u32(settings.colludingPpm)
    .u32(settings.dropoutPpm)
    .u32(settings.threshold)
    .u32(settings.minCohort)
    .u32(settings.maxCohort)
    .u32(settings.dimension)
    .fixed(settings.modelHash, SIZES.hash)
    .fixed(settings.directoryHash, SIZES.hash)
    .u8(settings.modulusBits)
    .u8(settings.inputBits)
    .f64(settings.clip)
    .u32(settings.maxExamples)
    .f64(settings.lossBound);
  writeUntrained(writer, settings.untrained);
  writer.u8(settings.measures === true ? 1 : 0).text(settings.training);
  writePrivacy(writer, settings.privacy);
  return writer.finish();
}

/** Untrained tensors: their number (u16), then `from` (u32), `length` (u32) and `bound` (f64) of each. Also part of terms. */
export function writeUntrained(writer: ByteWriter, untrained: RoundSettings['untrained'] = []): void {
  writer.u16(untrained.length);
  for (const { from, length, bound } of untrained) writer.u32(from).u32(length).f64(bound);
}

/** Ranges within the model, ascending and disjoint. */
function readUntrained(reader: ByteReader, dimension: number): UntrainedRange[] {
  const ranges: UntrainedRange[] = [];
  let end = 0;
  for (let left = reader.u16In('number of untrained tensors', 0, LIMITS.untrained); left > 0; left--) {
    const from = reader.u32In('first untrained coordinate', end, dimension - 1);
    const length = reader.u32In('number of untrained coordinates', 1, dimension - from);
    ranges.push({ from, length, bound: reader.f64('bound of an untrained tensor') });
    end = from + length;
  }
  return ranges;
}

/**
 * The parameters of the noise in a round's sum: one byte for the placement (0 without noise, then nothing more), one
 * for the distribution, `noiseMultiplier` (f64), `minHonestSurvivors` (u32) and `bitWidth` (f64). Also part of terms.
 */
export function writeNoise(writer: ByteWriter, privacy: RoundPrivacy | undefined): void {
  if (privacy === undefined) {
    writer.u8(0);
    return;
  }
  writer
    .u8(PLACEMENTS.indexOf(privacy.placement) + 1)
    .u8(DISTRIBUTIONS.indexOf(privacy.distribution) + 1)
    .f64(privacy.noiseMultiplier)
    .u32(privacy.minHonestSurvivors)
    .f64(privacy.bitWidth);
}

/** The noise, followed by what the task may spend. */
function writePrivacy(writer: ByteWriter, privacy: RoundPrivacy | undefined): void {
  writeNoise(writer, privacy);
  if (privacy !== undefined) writer.f64(privacy.sampling).f64(privacy.epsilon).f64(privacy.delta).f64(privacy.spent);
}

function readPrivacy(reader: ByteReader): RoundPrivacy | undefined {
  const placement = reader.u8In('privacy', 0, PLACEMENTS.length);
  if (placement === 0) return undefined;
  const privacy: RoundPrivacy = {
    placement: PLACEMENTS[placement - 1]!,
    distribution: DISTRIBUTIONS[reader.u8In('distribution', 1, DISTRIBUTIONS.length) - 1]!,
    noiseMultiplier: reader.f64('noiseMultiplier'),
    minHonestSurvivors: reader.u32In('minHonestSurvivors', 1, LIMITS.members),
    bitWidth: reader.f64('bitWidth'),
    sampling: reader.f64('sampling'),
    epsilon: reader.f64('epsilon'),
    delta: reader.f64('delta'),
    spent: reader.f64('spent'),
  };
  const { noiseMultiplier, bitWidth, sampling, epsilon, delta, spent } = privacy;
  if (noiseMultiplier <= 0) throw reader.error('wire-bounds', 'noiseMultiplier must be positive');
  if (bitWidth < 0 || bitWidth > 1) throw reader.error('wire-bounds', 'bitWidth must lie between 0 and 1');
  if (sampling <= 0 || sampling > 1) throw reader.error('wire-bounds', 'sampling must be above 0 and at most 1');
  if (epsilon <= 0 || delta <= 0 || delta >= 1) {
    throw reader.error('wire-bounds', 'epsilon must be positive, and delta between 0 and 1');
  }
  if (spent < 0) throw reader.error('wire-bounds', 'spent must not be negative');
  return privacy;
}

/**
 * Reads settings. Bounds of single fields are checked here, their combinations by the sessions. @throws CairnError
 * `wire-…`
 */
export function decodeSettings(bytes: Uint8Array): RoundSettings {
  const reader = new ByteReader(bytes, 'settings');
  const first = reader.u8('suite');
  const scheme = first === NAMED_SCHEME ? reader.text('scheme', LIMITS.name) : undefined;
  if (scheme === DEFAULT_SCHEME)
    throw reader.error('wire-not-canonical', `the scheme "${scheme}" is the one of settings that name none`);
  const suite = scheme === undefined ? first : reader.u8('suite');
  if (!Object.hasOwn(SUITES, suite)) throw reader.error('wire-bounds', `suite ${suite} is not known here`);
  const plain: Omit<RoundSettings, 'training'> = {
    suite: suite as SuiteId,
    ...(scheme === undefined ? {} : { scheme }),
    nonce: reader.raw(SIZES.roundNonce, 'nonce').slice(),
    task: reader.text('task', LIMITS.name),
    round: reader.u32In('round', 1, 0xffff_ffff),
    repeat: reader.u8('repeat'),
    rebases: reader.u8('rebases'),
    adversary: ADVERSARIES[reader.u8In('adversary', 1, ADVERSARIES.length) - 1]!,
    graph: GRAPHS[reader.u8In('graph', 1, GRAPHS.length) - 1]!,
    colludingPpm: reader.u32In('colluding', 0, MILLION - 1),
    dropoutPpm: reader.u32In('dropout', 0, MILLION - 1),
    threshold: reader.u32In('threshold', 0, LIMITS.members),
    minCohort: reader.u32In('minCohort', 2, LIMITS.members),
    maxCohort: reader.u32In('maxCohort', 2, LIMITS.members),
    dimension: reader.u32In('dimension', 1, LIMITS.coordinates),
    modelHash: reader.raw(SIZES.hash, 'modelHash').slice(),
    directoryHash: reader.raw(SIZES.hash, 'directoryHash').slice(),
    modulusBits: reader.u8In('modulusBits', 8, 32),
    inputBits: reader.u8In('inputBits', 2, 31),
    clip: reader.f64('clip'),
    maxExamples: reader.u32In('maxExamples', 1, 0x8000_0000),
    lossBound: reader.f64('lossBound'),
  };
  const untrained = readUntrained(reader, plain.dimension);
  const measures = reader.flag('measures');
  const training = reader.text('training', LIMITS.training);
  const privacy = readPrivacy(reader);
  const settings: RoundSettings = {
    ...plain,
    training,
    ...(untrained.length === 0 ? {} : { untrained }),
    ...(measures ? { measures } : {}),
    ...(privacy === undefined ? {} : { privacy }),
  };
  for (const name of ['clip', 'lossBound'] as const) {
    const value = settings[name];
    if (!(value >= LIMITS.minScale && value <= LIMITS.maxScale))
      throw reader.error('wire-bounds', `${name} must lie between 2^-64 and 2^64`);
  }
  if (!untrained.every(({ bound }) => bound >= LIMITS.minScale && bound <= LIMITS.maxScale))
    throw reader.error('wire-bounds', 'the bound of an untrained tensor must lie between 2^-64 and 2^64');
  if (measures && privacy !== undefined) throw reader.error('wire-bounds', 'a round with noise cannot measure');
  if (settings.minCohort > settings.maxCohort) throw reader.error('wire-bounds', 'minCohort is greater than maxCohort');
  reader.end();
  return settings;
}

/** The hash that identifies a round's settings: 32 bytes. */
export function settingsHash(primitives: Primitives, encoded: Uint8Array): Uint8Array {
  return transcript(primitives, LABELS.settings, encoded);
}
