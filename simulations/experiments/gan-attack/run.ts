import { InOrder } from '../../laboratory/in-order.ts';
import type { Laboratory } from '../../laboratory/experiment.ts';
import { runTraining, type Training } from '../../laboratory/trainings.ts';
import { SIDE } from '../../models/mnist.ts';
import { imageGrid } from '../../report/png.ts';
import { type Classifier, judge, trainClassifier } from './classifier.ts';
import { heldOutImages, type Images, loadImages, victimImages } from './data.ts';
import { compare } from './likeness.ts';
import { BLACK, WHITE } from './networks.ts';
import { classifiers, differences, gridName, type LookRow, looks, reals } from './results.ts';
import { firstState, runRounds } from './rounds.ts';
import { type Case, casesOf, nameOf, type Scenario } from './scenarios.ts';
import type { GanAttackSettings } from './settings.ts';
import { type AttackState, decodeState, encodeState, type RoundsOutput } from './state.ts';

/** The laboratory of this experiment. */
type Lab = Laboratory<GanAttackSettings>;

/** Images of the target: those that the victim trains on, and as many held-out ones. */
interface References {
  readonly victim: Float32Array;
  readonly heldOut: Float32Array;
}

/** The seed of everything in a repetition. */
function seedOfRepetition(lab: Lab, repetition: number): number {
  return lab.seedOf(`repetition ${repetition}`);
}

/** The images with which a repetition's samples are compared. */
function referencesOf(lab: Lab, images: Images, repetition: number): References {
  const { target, imagesPerClass } = lab.settings;
  const seed = seedOfRepetition(lab, repetition);
  return {
    victim: victimImages(images, target, imagesPerClass, seed).inputs,
    heldOut: heldOutImages(images, target, imagesPerClass, seed).inputs,
  };
}

/** Records the similarity of held-out images to the victim's. */
function recordReal(lab: Lab, images: Images, repetition: number): void {
  if (lab.results.rows(reals).some((row) => row.repetition === repetition)) return;
  const { victim, heldOut } = referencesOf(lab, images, repetition);
  const { distance, ssim } = compare(heldOut, victim, victim).victim;
  lab.record(reals, { repetition, images: heldOut.length / (SIDE * SIDE), distance, ssim });
}

const PER_ROW = 10;
const ROWS = 4;

/** The first forty samples as a PNG. @param samples - concatenated; at least one */
function sampleGrid(samples: Float32Array): Uint8Array {
  const size = SIDE * SIDE;
  const count = Math.min(PER_ROW * ROWS, samples.length / size);
  const images = samples.subarray(0, count * size);
  return imageGrid({ images, count, rows: SIDE, columns: SIDE, perRow: PER_ROW, low: BLACK, high: WHITE });
}

/** The row of an evaluation; the judges' verdict only once there are samples. */
async function rowOf(
  scenario: Scenario,
  { state, samples, accuracy, fooled, generatorLoss, clipped, diverged, rounding }: RoundsOutput,
  classifier: Promise<Classifier>,
  references: References,
): Promise<LookRow> {
  const { participants, thetaUpload, noise, epsilon, aggregation, victim, repetition, target } = scenario;
  const none = samples.length === 0;
  const verdict = none ? undefined : await judge(await classifier, samples, target);
  const likeness = none ? undefined : compare(samples, references.victim, references.heldOut);
  return {
    federation: nameOf(scenario),
    participants,
    thetaUpload,
    noise,
    epsilon,
    aggregation,
    victim,
    repetition,
    round: state.round,
    accuracy,
    clipped,
    diverged,
    rounding,
    generatorLoss,
    fooled,
    share: verdict?.share ?? null,
    confidence: verdict?.confidence ?? null,
    distanceVictim: likeness?.victim.distance ?? null,
    distanceHeldOut: likeness?.heldOut.distance ?? null,
    ssimVictim: likeness?.victim.ssim ?? null,
    ssimHeldOut: likeness?.heldOut.ssim ?? null,
    nearerToVictim: likeness?.nearerToVictim ?? null,
  };
}

/** Records an evaluation and its samples, unless a resumed run has already recorded it. */
function recordOnce(lab: Lab, row: LookRow, samples: Float32Array): void {
  const known = lab.results
    .rows(looks)
    .some(({ federation, round }) => federation === row.federation && round === row.round);
  if (known) return;
  if (samples.length > 0) lab.image(gridName(row.federation, row.round), sampleGrid(samples));
  lab.record(looks, row);
}

/** Keeps the open federation's models until the secure one of the same case reaches the same round. */
class Comparison {
  readonly #lab: Lab;
  readonly #open = new Map<number, Float32Array>();

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** Takes a federation's state, and records a row once both modes of its case have reached its round. */
  add(
    { participants, thetaUpload, repetition, aggregation, victim, noise, epsilon }: Scenario,
    state: AttackState,
  ): void {
    const { round, global } = state;
    if (!victim || noise !== null || epsilon !== null) return;
    if (aggregation === 'plain') {
      if (this.#lab.settings.aggregation === 'both') this.#open.set(round, global);
      return;
    }
    const open = this.#open.get(round);
    this.#open.delete(round);
    if (open === undefined) return;
    const known = this.#lab.results
      .rows(differences)
      .some(
        (row) =>
          row.participants === participants &&
          row.thetaUpload === thetaUpload &&
          row.repetition === repetition &&
          row.round === round,
      );
    if (known) return;
    let squares = 0;
    let differing = 0;
    let greatest = 0;
    for (let i = 0; i < open.length; i++) {
      const difference = global[i]! - open[i]!;
      squares += open[i]! * open[i]!;
      differing += difference * difference;
      greatest = Math.max(greatest, Math.abs(difference));
    }
    const relative = Math.sqrt(differing / squares);
    this.#lab.record(differences, { participants, thetaUpload, repetition, round, relative, greatest });
  }
}

interface JudgeContext {
  readonly images: Images;
  readonly classifier: Promise<Classifier>;
}

/**
 * Runs the federations of a case side by side, and records their evaluations round by round, federation by federation.
 */
async function runCase(lab: Lab, { repetition, scenarios }: Case, { images, classifier }: JudgeContext): Promise<void> {
  const { settings } = lab;
  const seed = seedOfRepetition(lab, repetition);
  const references = referencesOf(lab, images, repetition);
  const comparison = new Comparison(lab);
  const looksUntil = (round: number): number => Math.ceil(round / settings.evaluateEvery);
  // A turn for each evaluation of each federation: it is passed to the federation that waits for it, and ends when all
  // is written.
  const turns = new InOrder<() => void>(looksUntil(settings.rounds) * scenarios.length, (resume) => resume());
  const federations = scenarios.map((scenario, at): Training<AttackState> => {
    const turnOf = (look: number): number => look * scenarios.length + at;
    return {
      id: nameOf(scenario),
      units: settings.rounds,
      begin: () => firstState(seed, settings.generatorWidth),
      encode: encodeState,
      decode: decodeState,
      progress: ({ round }) => ({ done: round, over: round >= settings.rounds, at: `round ${round}` }),
      restored: (state) => {
        comparison.add(scenario, state);
        for (let look = 0; look < looksUntil(state.round); look++) turns.end(turnOf(look));
      },
      step: async (state) => {
        const until = Math.min(settings.rounds, state.round + settings.evaluateEvery);
        const output: RoundsOutput = await lab.call(runRounds, { scenario, settings, images, seed, state, until });
        const row = await rowOf(scenario, output, classifier, references);
        await new Promise<void>((resolve) => turns.add(turnOf(looksUntil(state.round)), resolve));
        recordOnce(lab, row, output.samples);
        comparison.add(scenario, output.state);
        return output.state;
      },
      saved: ({ round }) => turns.end(turnOf(looksUntil(round) - 1)),
    };
  });
  await Promise.all(federations.map((federation) => runTraining(lab, federation)));
}

async function trainJudge(lab: Lab, images: Images): Promise<Classifier> {
  const { classifierImages: count, classifierEpochs: epochs, classifierTests: tests } = lab.settings;
  const known = lab.results.rows(classifiers).at(0);
  const saved = await lab.restore('classifier');
  if (known !== undefined && saved !== undefined)
    return { parameters: new Float32Array(saved.slice().buffer), accuracy: known.accuracy };
  const classifier = await lab.call(trainClassifier, { images, count, epochs, tests, seed: lab.seedOf('classifier') });
  const { parameters, accuracy } = classifier;
  await lab.checkpoint('classifier', new Uint8Array(parameters.buffer, parameters.byteOffset, parameters.byteLength));
  if (known === undefined) lab.record(classifiers, { accuracy, images: count });
  return classifier;
}

/** Runs all federations requested by the settings. */
export async function runAll(lab: Lab): Promise<void> {
  const cases = casesOf(lab.settings);
  lab.plan(lab.settings.rounds * cases.reduce((sum, { scenarios }) => sum + scenarios.length, 0));
  const images = await loadImages(lab.settings.imagesPerClass, lab.settings.classifierImages);
  const classifier = trainJudge(lab, images);
  const court: JudgeContext = { images, classifier };
  for (let repetition = 1; repetition <= lab.settings.seeds; repetition++) recordReal(lab, images, repetition);
  const running = (async (): Promise<void> => {
    for (const each of cases) await runCase(lab, each, court);
  })();
  // A judge that fails ends the run even if nothing awaits it yet.
  await Promise.all([classifier, running]);
}
