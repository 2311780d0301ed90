import type { Primitives } from '../../crypto/primitives.ts';
import { LABELS } from '../../crypto/suite.ts';
import { transcript } from '../../crypto/transcript.ts';
import type { RoundSettings } from '../../wire/settings.ts';
import { ByteWriter } from '../../wire/writer.ts';

const PLACEMENTS = ['central', 'distributed'] as const;
const DISTRIBUTIONS = ['discrete-gaussian', 'skellam'] as const;

/** The settings that {@link termsOf} looks at. */
type Terms = Pick<
  RoundSettings,
  | 'clip'
  | 'maxExamples'
  | 'lossBound'
  | 'untrained'
  | 'inputBits'
  | 'training'
  | 'privacy'
  | 'maxCohort'
  | 'modulusBits'
>;

/**
 * What a round makes of a client's update before it is masked: the hash of its settings that decide it, 32 bytes. With
 * noise the grid follows from the greatest cohort and the modulus too. Shares of a budget and what was spent of it are
 * none of these: they change from attempt to attempt.
 */
export function termsOf(primitives: Primitives, settings: Terms): Uint8Array {
  const { clip, maxExamples, lossBound, inputBits, training } = settings;
  const writer = new ByteWriter(64).f64(clip).u32(maxExamples).f64(lossBound).u8(inputBits).text(training);
  writeRanges(writer, settings);
  writeNoise(writer, settings);
  return transcript(primitives, LABELS.terms, writer.finish());
}

function writeRanges(writer: ByteWriter, { untrained = [] }: Terms): void {
  writer.u16(untrained.length);
  for (const { from, length, bound } of untrained) writer.u32(from).u32(length).f64(bound);
}

function writeNoise(writer: ByteWriter, { privacy, maxCohort, modulusBits }: Terms): void {
  if (privacy === undefined) {
    writer.u8(0);
    return;
  }
  writer
    .u8(PLACEMENTS.indexOf(privacy.placement) + 1)
    .u8(DISTRIBUTIONS.indexOf(privacy.distribution) + 1)
    .f64(privacy.noiseMultiplier)
    .u32(privacy.leastSurvivors)
    .f64(privacy.bitWidth)
    .u32(maxCohort)
    .u8(modulusBits);
}
