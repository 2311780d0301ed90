import { defineExperiment } from '../../laboratory/experiment.ts';
import { report } from './report.ts';
import { measure, summarise } from './results.ts';
import { run } from './run.ts';
import { casesOf, check, parameters, type PrivateInferenceSettings } from './settings.ts';

// Measured seconds on two idle cores: a thousand images of an epoch, a thousand in the clear, starting a connection, a
// batch with an image, and each further image, of which SecureML's circuits are most.
const TRAINED = 0.07;
const CLEAR = 0.4;
const CONNECTION = 1.2;
const BATCH = 0.03;
const IMAGE = 0.006;
/** Trips of a batch, in both phases. */
const TRIPS = 25;

/** Approximate seconds that settings take on two cores. */
export function estimate(settings: PrivateInferenceSettings): number {
  const { networks, epochs, trainImages, testImages } = settings;
  const clear = (networks.length * (epochs * trainImages * TRAINED + testImages * CLEAR)) / 1000 / 2;
  const runs = casesOf(settings).map(({ line, batches }) => {
    const trips = (TRIPS * line.roundTripMs) / 1000;
    return batches.reduce(
      (sum, { batch, repeats, warmUp }) => sum + (repeats + warmUp) * (BATCH + batch * IMAGE + trips),
      CONNECTION,
    );
  });
  return clear + runs.reduce((sum, seconds) => sum + seconds, 0);
}

/** Private inference by the survey's systems, on networks that are trained here, between real processes. */
export const privateInference = defineExperiment({
  name: 'private-inference',
  title: 'Private inference: the survey’s systems on networks trained here, time, traffic and agreement',
  parameters,
  presets: {
    quick: {},
    paper: { epochs: 12, repeats: 50, privateImages: 10_000, lineBatches: [1, 128], lineRepeats: 5 },
  },
  needsMnist: true,
  estimate,
  check,
  run,
  summarise,
  measure,
  report,
});
