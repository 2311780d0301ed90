import { type Dataset } from '../../../training/data/index.ts';
import { loadMnist, type MnistPart } from '../../../training/data/node/index.ts';
import type { Laboratory } from '../../laboratory/experiment.ts';
import { median, significant } from '../../laboratory/statistics.ts';
import { agreementOf, type Clear, type Compiled, computeClear } from './clear.ts';
import { activationOf, shapeOf } from './networks.ts';
import { Child } from './processes/child.ts';
import { fixedRows, runRows, type RunRow } from './results.ts';
import { type BatchResult, medianPhase, Session } from './session.ts';
import { type Case, casesOf, type Line, type NetworkName, type PrivateInferenceSettings } from './settings.ts';
import { trained } from './training.ts';

type Lab = Laboratory<PrivateInferenceSettings>;

/** Images whose values choose the fixed point where bounds of all inputs say too little. */
const CALIBRATION_IMAGES = 1000;

/** Trains the networks, computes them in the clear, and then privately between two processes for each case. */
export async function run(lab: Lab): Promise<void> {
  const { settings } = lab;
  const cases = casesOf(settings);
  lab.plan(settings.networks.length * (settings.epochs + 1) + cases.length);
  const [train, test] = [await shared('train', settings.trainImages), await shared('test', settings.testImages)];
  const calibration = train.inputs.slice(0, CALIBRATION_IMAGES * train.inputSize);
  const clear = new Map<NetworkName, Clear>();
  // In the order of the settings, whichever ends first.
  const all = await Promise.all(
    settings.networks.map(async (network) => {
      const parameters = await trained(lab, network, train);
      const input = { network, parameters, systems: settings.systems, calibration, test };
      const computed = await lab.call(computeClear, input);
      lab.advance(1, `${network} in the clear`);
      return [network, computed] as const;
    }),
  );
  for (const [network, computed] of all) {
    clear.set(network, computed);
    recordFixed(lab, network, computed, test);
  }
  const dealer = new Child('the dealer');
  try {
    const port = await dealer.call('deal', {});
    for (const each of cases) {
      lab.signal.throwIfAborted();
      if (!isDone(lab, each)) await runCase(lab, each, clear.get(each.network)!, test, port);
      lab.advance(1, `${each.system}, ${each.network}, ${each.line.roundTripMs} ms`);
    }
  } finally {
    dealer.end();
  }
}

/** MNIST in memory that threads share, images of 28 × 28. */
async function shared(part: MnistPart, limit: number): Promise<Dataset> {
  const all = await loadMnist(part, { limit });
  const inputs = new Float32Array(new SharedArrayBuffer(4 * all.inputs.length));
  inputs.set(all.inputs);
  return { ...all, inputs };
}

const nameOf = (network: NetworkName) => ({ network: shapeOf(network), activation: activationOf(network) });

function recordFixed(lab: Lab, network: NetworkName, { classes, compiled }: Clear, test: Dataset): void {
  const known = lab.results.rows(fixedRows);
  for (const { system, bits, fraction, bounds, classes: fixed } of compiled) {
    const name = { ...nameOf(network), system };
    if (known.some((row) => isSame(row, name))) continue;
    const agreement = agreementOf(classes, fixed);
    lab.record(fixedRows, {
      ...{ ...name, bits, fraction, bounds, images: test.examples },
      accuracyFloats: agreementOf(classes, test.labels),
      accuracyFixed: agreementOf(fixed, test.labels),
      changed: Math.round((1 - agreement) * test.examples),
    });
  }
}

/** Whether the rows agree in all that the second has. */
function isSame(row: Readonly<Record<string, unknown>>, part: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(part).every(([key, value]) => row[key] === value);
}

const keyOf = ({ system, network, line }: Case) => ({ ...nameOf(network), system, roundTripMs: line.roundTripMs });

/** Whether a run that is resumed has all rows of a case. */
function isDone(lab: Lab, each: Case): boolean {
  const rows = lab.results.rows(runRows).filter((row) => isSame(row, keyOf(each)));
  return each.batches.every(({ batch }) => rows.some((row) => row.batch === batch));
}

async function runCase(lab: Lab, each: Case, clear: Clear, test: Dataset, dealer: number): Promise<void> {
  const compiled = clear.compiled.find(({ system }) => system === each.system)!;
  const session = await Session.open(compiled, each.line, dealer);
  try {
    for (const { batch, repeats, warmUp } of each.batches) {
      const results: BatchResult[] = [];
      for (let i = -warmUp; i < repeats; i++) {
        lab.signal.throwIfAborted();
        // Those before the first that counts answer the first images as well.
        const first = Math.max(i, 0) * batch;
        const result = await session.answer(imagesOf(test, first, batch), batch);
        if (i >= 0) results.push(result);
      }
      lab.record(runRows, rowOf(each, batch, session, results, clear, compiled, test));
    }
  } finally {
    session.close();
  }
}

/** Images from one on, and from the first again after the last. */
function imagesOf({ inputs, inputSize, examples }: Dataset, first: number, count: number): Float32Array {
  const images = new Float32Array(count * inputSize);
  for (let i = 0; i < count; i++) {
    const at = ((first + i) % examples) * inputSize;
    images.set(inputs.subarray(at, at + inputSize), i * inputSize);
  }
  return images;
}

function rowOf(
  each: Case,
  batch: number,
  { setup }: Session,
  results: readonly BatchResult[],
  clear: Clear,
  compiled: Compiled,
  test: Dataset,
): RunRow {
  const answered = results.flatMap(({ classes }) => [...classes]);
  // Images come around again after the last.
  const images = Math.min(answered.length, test.examples);
  const offline = medianPhase(results.map((result) => result.offline));
  const online = medianPhase(results.map((result) => result.online));
  const dealtBytes = median(results.map((result) => result.dealtBytes));
  const passed = [offline.sentBytes, offline.receivedBytes, online.sentBytes, online.receivedBytes, dealtBytes];
  const line: Line = each.line;
  return {
    ...{ system: each.system, ...nameOf(each.network), batch, ...line, runs: results.length },
    setupSeconds: significant(setup.seconds, 4),
    setupMegabytes: (setup.sentBytes + setup.receivedBytes) / 1e6,
    offlineSeconds: significant(offline.seconds, 4),
    onlineSeconds: significant(online.seconds, 4),
    offlineUpMegabytes: offline.sentBytes / 1e6,
    offlineDownMegabytes: offline.receivedBytes / 1e6,
    onlineUpMegabytes: online.sentBytes / 1e6,
    onlineDownMegabytes: online.receivedBytes / 1e6,
    dealtMegabytes: dealtBytes / 1e6,
    megabytes: passed.reduce((total, bytes) => total + bytes, 0) / 1e6,
    offlineRoundTrips: offline.turns,
    roundTrips: online.turns,
    images,
    agreement: agreementOf(answered.slice(0, images), compiled.classes),
    agreementFloats: agreementOf(answered.slice(0, images), clear.classes),
    peakMegabytes: significant(Math.max(...results.map(({ peakMegabytes }) => peakMegabytes)), 4),
  };
}
