import { type Dataset, subset } from '../../../training/data/index.ts';
import { type Examples, Random } from '../../../training/index.ts';
import { loadPaddedMnist } from '../../models/mnist.ts';
import { BLACK, FAKE, WHITE } from './networks.ts';
import { poolFor } from './settings.ts';
import { adversaryClasses, honestClasses, type Scenario } from './scenarios.ts';

/** Images that all tasks read, in shared memory. */
export interface Images {
  /** The first of MNIST's 60 000 images, with the generator's values for black and white. */
  readonly train: Dataset;
  /**
   * How many of these, from the first, participants draw theirs from; the classifier learns from the following ones.
   */
  readonly federated: number;
  /** First of the images that are not trained on by any participant, nor by the classifier. */
  readonly heldOutFrom: number;
  /** MNIST's 10 000 test images: never trained on. */
  readonly test: Dataset;
}

/**
 * Loads MNIST: enough for `perClass` images of each class for participants, the classifier's images, and after them as
 * many held-out ones as participants have.
 * @throws CairnError `data-missing`, `data-malformed`
 */
export async function loadImages(perClass: number, forClassifier: number): Promise<Images> {
  const range = { black: BLACK, white: WHITE };
  const federated = poolFor(perClass);
  const heldOutFrom = federated + forClassifier;
  const train = await loadPaddedMnist('train', { ...range, limit: heldOutFrom + federated });
  return { train, federated, heldOutFrom, test: await loadPaddedMnist('test', range) };
}

/** The places of up to `count` of the images of one class, drawn by the seed. */
export function placesOf(labels: Uint8Array, label: number, count: number, seed: number): Uint32Array {
  const places = Uint32Array.from(labels.keys()).filter((place) => labels[place] === label);
  return new Random(seed, `images of ${label}`).shuffle(places).slice(0, count);
}

/** Which data each participant holds. */
export interface Federation {
  /** The examples of each honest participant. */
  readonly honest: readonly Dataset[];
  /** The adversary's own examples; undefined if there are none. */
  readonly own: Dataset | undefined;
}

/**
 * Deals the images: up to `perClass` of each class, the same for all scenarios of a repetition. The holder of the
 * target holds the images of {@link victimImages}.
 */
export function dealImages(images: Images, scenario: Scenario, perClass: number, seed: number): Federation {
  const deal = (classes: readonly number[]): Dataset => {
    const places = classes.flatMap((label) => [...federatedPlaces(images, label, perClass, seed)]);
    return subset(images.train, places);
  };
  const own = adversaryClasses(scenario);
  return { honest: honestClasses(scenario).map(deal), own: own.length === 0 ? undefined : deal(own) };
}

function federatedPlaces({ train, federated }: Images, label: number, perClass: number, seed: number): Uint32Array {
  return placesOf(train.labels.subarray(0, federated), label, perClass, seed);
}

/** The victim's images of the target. */
export function victimImages(images: Images, target: number, perClass: number, seed: number): Dataset {
  return subset(images.train, federatedPlaces(images, target, perClass, seed));
}

/**
 * Held-out images of the target, as many as the victim has. They come from the training images like the victim's:
 * MNIST's test images are by other writers, which would also make the two sets differ.
 */
export function heldOutImages({ train, heldOutFrom }: Images, target: number, perClass: number, seed: number): Dataset {
  const places = placesOf(train.labels.subarray(heldOutFrom), target, perClass, seed);
  return subset(
    train,
    places.map((place) => heldOutFrom + place),
  );
}

/** The adversary's local training data: its own examples, and samples labelled {@link FAKE}. */
export function relabelled(own: Dataset | undefined, fakes: Float32Array, inputSize: number): Examples | undefined {
  const samples = fakes.length / inputSize;
  const examples = samples + (own?.examples ?? 0);
  if (examples === 0) return undefined;
  const inputs = new Float32Array(examples * inputSize);
  const labels = new Uint8Array(examples).fill(FAKE);
  if (own !== undefined) {
    inputs.set(own.inputs);
    labels.set(own.labels);
  }
  inputs.set(fakes, inputs.length - fakes.length);
  return { inputs, labels, examples, inputSize };
}
