import { defineExperiment } from '../../laboratory/experiment.ts';
import { report } from './report.ts';
import { measure, summarise } from './results.ts';
import { run } from './run.ts';
import { casesOf, check, parameters, type PrivateInferenceSettings, type System } from './settings.ts';

// Approximate seconds of an idle core: a thousand images of an epoch, a thousand in the clear, starting the processes of
// a connection, a batch, and each image of it, of which SecureML's circuits take most.
const TRAINED = 0.02;
const CLEAR = 0.2;
const CONNECTION = 1;
const BATCH = 0.02;
const IMAGE: Readonly<Record<System, number>> = { secureml: 0.015, chameleon: 0.001 };
/** Megabytes of an image, on average over the networks. */
const MEGABYTES: Readonly<Record<System, number>> = { secureml: 3.5, chameleon: 0.08 };
/** Round-trip times of a batch, in both phases. */
const ROUND_TRIPS = 12;

/** Approximate seconds that settings take on two cores. */
export function estimate(settings: PrivateInferenceSettings): number {
  const { networks, epochs, trainImages, testImages } = settings;
  const clear = (networks.length * (epochs * trainImages * TRAINED + testImages * CLEAR)) / 1000 / 2;
  const connections = casesOf(settings).map(({ system, line, batches }) => {
    const waiting = (ROUND_TRIPS * line.roundTripMs) / 1000;
    const perImage = IMAGE[system] + MEGABYTES[system] / (line.megabytesPerSecond ?? Infinity);
    return batches.reduce(
      (seconds, { batch, repeats, warmUp }) => seconds + (repeats + warmUp) * (BATCH + batch * perImage + waiting),
      CONNECTION,
    );
  });
  return clear + connections.reduce((total, seconds) => total + seconds, 0);
}

/** Private inference by the survey's systems, on networks that are trained here, between real processes. */
export const privateInference = defineExperiment({
  name: 'private-inference',
  title: 'Private inference: the survey’s systems on networks trained here, time, traffic and agreement',
  parameters,
  presets: {
    quick: {},
    paper: { epochs: 12, repeats: 50, privateImages: 10_000, lineBatches: [1, 128], lineRepeats: 2 },
  },
  needsMnist: true,
  estimate,
  check,
  run,
  summarise,
  measure,
  report,
});
