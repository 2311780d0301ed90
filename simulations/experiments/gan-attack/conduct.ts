import { InOrder } from '../../laboratory/in-order.ts';
import { type Classifier, trainClassifier } from './classifier.ts';
import { Comparison } from './comparison.ts';
import { type Images, loadImages } from './data.ts';
import type { Lab } from './lab.ts';
import { recordOnce, rowOf } from './look-row.ts';
import { recordReal, referencesOf, seedOfRepetition } from './references.ts';
import { runRounds } from './rounds.ts';
import type { RoundsOutput } from './rounds-input.ts';
import { type Case, casesOf, nameOf } from './scenarios.ts';
import { classifiers } from './series.ts';
import { decodeState, encodeState } from './state.ts';

interface JudgeContext {
  readonly images: Images;
  readonly classifier: Promise<Classifier>;
}

/** Runs the federations of a case side by side, and records their looks round by round, federation by federation. */
async function runCase(lab: Lab, { repetition, scenarios }: Case, { images, classifier }: JudgeContext): Promise<void> {
  const { settings, signal } = lab;
  const references = referencesOf(lab, images, repetition);
  const comparison = new Comparison(lab);
  const saved = await Promise.all(scenarios.map((scenario) => lab.restore(nameOf(scenario))));
  const states = saved.map((bytes) => (bytes === undefined ? undefined : decodeState(bytes)));
  const looksDone = states.map((state) => Math.ceil((state?.round ?? 0) / settings.evaluateEvery));
  const looksInAll = Math.ceil(settings.rounds / settings.evaluateEvery);
  // A turn for each look of each federation: it is handed on to who waits for it, and ended when all is written.
  const turns = new InOrder<() => void>(looksInAll * scenarios.length, (resume) => resume());
  for (const [at, done] of looksDone.entries())
    for (let look = 0; look < done; look++) turns.end(look * scenarios.length + at);
  await Promise.all(
    scenarios.map(async (scenario, at) => {
      let state = states[at];
      lab.advance(state?.round ?? 0);
      if (state !== undefined) comparison.add(scenario, state);
      for (let look = looksDone[at]!; (state?.round ?? 0) < settings.rounds; look++) {
        signal.throwIfAborted();
        const from = state?.round ?? 0;
        const until = Math.min(settings.rounds, from + settings.evaluateEvery);
        const seed = seedOfRepetition(lab, repetition);
        const output: RoundsOutput = await lab.call(runRounds, { scenario, settings, images, seed, state, until });
        const row = await rowOf(scenario, output, classifier, references);
        const turn = look * scenarios.length + at;
        await new Promise<void>((resolve) => turns.add(turn, resolve));
        recordOnce(lab, row, output.samples);
        comparison.add(scenario, output.state);
        await lab.checkpoint(nameOf(scenario), encodeState(output.state));
        turns.end(turn);
        ({ state } = output);
        lab.advance(until - from, `${nameOf(scenario)}, round ${until}`);
      }
    }),
  );
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

/** Runs all federations that the settings ask for. */
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
  // A judge that fails ends the run even where nobody waits for it yet.
  await Promise.all([classifier, running]);
}
