import type { Primitives } from '../../crypto/primitives.ts';
import { LABELS } from '../../crypto/suite.ts';
import { transcript } from '../../crypto/transcript.ts';
import { type RoundSettings, writeNoise, writeUntrained } from '../../wire/settings.ts';
import { ByteWriter } from '../../wire/writer.ts';

/** The settings that {@link termsOf} covers. */
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
 * What a round makes of a client's update before it is masked: the hash of the settings that decide it, 32 bytes. With
 * noise the grid also depends on the maximum cohort and the modulus. Shares of a budget and what was spent of it are
 * not included: they change from attempt to attempt.
 */
export function termsOf(primitives: Primitives, settings: Terms): Uint8Array {
  const { clip, maxExamples, lossBound, inputBits, training, untrained, privacy, maxCohort, modulusBits } = settings;
  const writer = new ByteWriter(64).f64(clip).u32(maxExamples).f64(lossBound).u8(inputBits).text(training);
  writeUntrained(writer, untrained);
  writeNoise(writer, privacy);
  if (privacy !== undefined) writer.u32(maxCohort).u8(modulusBits);
  return transcript(primitives, LABELS.terms, writer.finish());
}
