import type { Primitives } from '../crypto/primitives.ts';
import { LABELS, SIZES, type SuiteId, SUITES } from '../crypto/suite.ts';
import { transcript } from '../crypto/transcript.ts';
import { LIMITS } from './limits.ts';
import { ByteReader } from './reader.ts';
import { ByteWriter } from './writer.ts';

/**
 * Everything about a round that both sides must agree on before it starts. Its hash is the context of the first
 * messages and enters the session id, so a coordinator that tells two clients different settings gets noise.
 */
export interface RoundSettings {
  readonly suite: SuiteId;
  /** 16 fresh random bytes: no two rounds have the same settings. */
  readonly nonce: Uint8Array;
  /** Name of the task (training job). */
  readonly task: string;
  /** Number of the round within the task, from 1; an abandoned round is tried again under the same number. */
  readonly round: number;
  /** Who the round is safe against: a coordinator that only looks (`curious`), or one that also lies (`active`). */
  readonly adversary: 'curious' | 'active';
  /** Who masks with whom: all, a ring of k neighbours, or a ring where that is smaller. */
  readonly graph: 'complete' | 'ring' | 'auto';
  /** Share of members that may collude with the coordinator (γ), in parts per million. */
  readonly colludingPpm: number;
  /** Share of members that may drop out (δ), in parts per million. */
  readonly dropoutPpm: number;
  /** Shares needed to open a secret; 0 derives it from the number of members. */
  readonly threshold: number;
  /** Least number of inputs that the sum may have. */
  readonly minCohort: number;
  /** Greatest number of members, for which the overflow budget is computed. */
  readonly maxCohort: number;
  /** Model coordinates of the masked vector; the metric coordinates come on top. */
  readonly dimension: number;
  /** SHA-256 of the model file that every member starts from. */
  readonly modelHash: Uint8Array;
  /** Hash of the member directory; zeros in a curious round without identities. */
  readonly directoryHash: Uint8Array;
  /** Arithmetic is modulo 2^modulusBits. */
  readonly modulusBits: number;
  /** Bits of one quantized coordinate. */
  readonly inputBits: number;
  /** Greatest L2 norm of one client's update, before it is weighed. */
  readonly clip: number;
  /** The number of examples that has weight 1; more count as that many. */
  readonly maxExamples: number;
  /** Greatest mean loss a client reports. */
  readonly lossBound: number;
  /** The task's options for local training, as JSON text that the app reads. */
  readonly training: string;
}

/** The model's and the directory's hash where there is none. */
export const NO_HASH: Uint8Array = new Uint8Array(SIZES.hash);

const ADVERSARIES = ['curious', 'active'] as const;
const GRAPHS = ['complete', 'ring', 'auto'] as const;
const MILLION = 1_000_000;

/** The canonical bytes of a round's settings. @throws CairnError `wire-bounds` for a value that its field cannot hold */
export function encodeSettings(settings: RoundSettings): Uint8Array {
  return new ByteWriter(256)
    .u8(settings.suite)
    .fixed(settings.nonce, SIZES.roundNonce)
    .text(settings.task)
    .u32(settings.round)
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
    .f64(settings.lossBound)
    .text(settings.training)
    .finish();
}

/** Reads settings. Bounds of single fields are checked here, what they mean together by the sessions. @throws CairnError `wire-…` */
export function decodeSettings(bytes: Uint8Array): RoundSettings {
  const reader = new ByteReader(bytes, 'settings');
  const suite = reader.u8('suite');
  if (!Object.hasOwn(SUITES, suite)) throw reader.error('wire-bounds', `suite ${suite} is not known here`);
  const settings: RoundSettings = {
    suite: suite as SuiteId,
    nonce: reader.raw(SIZES.roundNonce, 'nonce').slice(),
    task: reader.text('task', LIMITS.name),
    round: reader.u32In('round', 1, 0xffff_ffff),
    adversary: ADVERSARIES[reader.u8In('adversary', 1, ADVERSARIES.length) - 1],
    graph: GRAPHS[reader.u8In('graph', 1, GRAPHS.length) - 1],
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
    training: reader.text('training', LIMITS.training),
  };
  if (settings.clip <= 0) throw reader.error('wire-bounds', 'clip must be positive');
  if (settings.lossBound <= 0) throw reader.error('wire-bounds', 'lossBound must be positive');
  if (settings.minCohort > settings.maxCohort) throw reader.error('wire-bounds', 'minCohort is greater than maxCohort');
  reader.end();
  return settings;
}

/** The hash that stands for a round's settings: 32 bytes. */
export function settingsHash(primitives: Primitives, encoded: Uint8Array): Uint8Array {
  return transcript(primitives, LABELS.settings, encoded);
}
