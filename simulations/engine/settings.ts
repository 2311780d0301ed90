import { type RandomSource, SIZES } from '../../protocol/crypto/index.ts';
import { minModulusBits } from '../../protocol/quantize/index.ts';
import { NO_HASH, type RoundSettings } from '../../protocol/wire/index.ts';

/** Settings of a simulated round: whatever is not named is small, sound and curious. */
export function virtualSettings(random: RandomSource, named: Partial<RoundSettings> = {}): RoundSettings {
  const maxCohort = named.maxCohort ?? 64;
  const inputBits = named.inputBits ?? 16;
  return {
    suite: 1,
    nonce: random(SIZES.roundNonce),
    task: 'simulation',
    round: 1,
    repeat: 0,
    rebases: 0,
    adversary: 'curious',
    graph: 'complete',
    colludingPpm: 100_000,
    dropoutPpm: 100_000,
    threshold: 0,
    minCohort: 2,
    maxCohort,
    dimension: 16,
    modelHash: NO_HASH,
    directoryHash: NO_HASH,
    modulusBits: Math.max(8, minModulusBits(inputBits, maxCohort)),
    inputBits,
    clip: 1,
    maxExamples: 1000,
    lossBound: 10,
    training: '{}',
    ...named,
  };
}
