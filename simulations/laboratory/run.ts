import { setMaxListeners } from 'node:events';
import { availableParallelism } from 'node:os';
import type { z } from 'zod';
import { loadMnistLabels } from '../../training/data/node/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/index.ts';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import type { Experiment, Laboratory, Parameters } from './experiment.ts';
import { conclude, type Conclusion, readEarlier } from './conclude.ts';
import { LabFolder } from './folder.ts';
import { createPool } from './pool.ts';
import { Records } from './records.ts';
import { checkInputs, configOf, type Progress, readConfig, type RunOptions } from './run-config.ts';
import type { JsonObject } from './series.ts';
import { Seeds } from './seeds.ts';

/**
 * Runs an experiment with settings that {@link readSettings} has checked, and writes a folder: config.json (what is
 * needed to run it again), data/ with each series as CSV and JSON lines, images/, summary.json (results only: the same
 * seed and settings give the same bytes, on one thread or many), timings.json (clocks, memory, machine), report.html. A
 * run stopped through the signal leaves the same files with its results so far. For a run that had completed, `resume`
 * makes summary, tables and report again, and nothing else.
 * @throws CairnError `data-missing`, `folder-unwritable`, `config-unreadable`, `config-invalid` if a resumed run was
 * started with other settings, before anything runs; whatever the experiment throws, after writing what was recorded
 */
export async function runExperiment<P extends Parameters>(
  experiment: Experiment<P>,
  settings: z.output<P>,
  options: RunOptions,
): Promise<Conclusion> {
  const { needsMnist = false } = experiment;
  if (typeof needsMnist === 'function' ? needsMnist(settings) : needsMnist) await loadMnistLabels('train');
  const folder =
    options.resume === undefined
      ? await LabFolder.create(options.out, experiment.name)
      : await LabFolder.open(options.resume);
  try {
    return await runIn(folder, experiment, settings, options);
  } finally {
    await folder.release();
  }
}

async function runIn<P extends Parameters>(
  folder: LabFolder,
  experiment: Experiment<P>,
  settings: z.output<P>,
  options: RunOptions,
): Promise<Conclusion> {
  const { seed, signal = new AbortController().signal, threads = availableParallelism() } = options;
  // Each running task listens to it, and there may be any number of them.
  setMaxListeners(0, signal);
  options.onFolder?.(folder.path);
  const inputs = settings as JsonObject;
  if (options.resume !== undefined) {
    checkInputs(folder.path, await readConfig(folder.path), experiment.name, inputs, seed);
  }
  const earlier = options.resume === undefined ? undefined : await readEarlier(folder.path);
  if (earlier?.ended !== true) await folder.json('config.json', configOf(experiment.name, inputs, options));
  const records = await Records.open(settings, seed, folder);
  const started = { at: new Date(), cpu: process.cpuUsage(), clock: performance.now() };
  const end = (interrupted: boolean): Promise<Conclusion> =>
    conclude(experiment, { records, folder, options, started, interrupted, earlier });
  const located = (thrown: unknown): CairnError => {
    const { code, message, hint } = asCairnError(thrown);
    return new CairnError(code, message, { hint: `${hint}; what was recorded is in ${folder.path}`, cause: thrown });
  };
  const finish = (interrupted: boolean): Promise<Conclusion> =>
    end(interrupted).catch((thrown: unknown) => Promise.reject(located(thrown)));
  if (earlier?.ended === true) return finish(false);
  const seeds = new Seeds(nodePrimitives, experiment.name, seed);
  const pool = createPool(threads);
  const meter = new ProgressMeter((progress) => options.onProgress?.(progress));
  const lab: Laboratory<z.output<P>> = {
    settings,
    seed,
    signal,
    primitives: nodePrimitives,
    threads: pool.threads,
    results: records,
    seedOf: (label) => seeds.seedOf(label),
    randomOf: (label) => seeds.randomOf(label),
    call: (task, input) => {
      const result = pool.run(task, input, signal);
      // If tasks are started together and awaited in order, a later one may fail first.
      result.catch(() => undefined);
      return result;
    },
    record: (series, row) => records.record(series, row),
    image: (name, png) => records.image(name, png),
    checkpoint: (name, bytes) => folder.checkpoint(name, bytes),
    restore: (name) => folder.restore(name),
    plan: (units) => meter.plan(units),
    advance: (units, doing) => meter.advance(units, doing),
  };
  try {
    await experiment.run(lab);
  } catch (thrown) {
    if (!signal.aborted) {
      await end(true).catch(() => undefined);
      throw located(thrown);
    }
  } finally {
    await pool.close();
  }
  return finish(signal.aborted);
}

/** Counts units of work and estimates the remaining time. */
class ProgressMeter {
  readonly #started = performance.now();
  readonly #tell: (progress: Progress) => void;
  #done = 0;
  #planned = 0;
  #doing = '';

  constructor(tell: (progress: Progress) => void) {
    this.#tell = tell;
  }

  /** @param units all units of work, including those already done */
  plan(units: number): void {
    this.#planned = units;
    this.#tell(this.now());
  }

  advance(units: number, doing?: string): void {
    this.#done += units;
    if (doing !== undefined) this.#doing = doing;
    this.#tell(this.now());
  }

  now(): Progress {
    const seconds = (performance.now() - this.#started) / 1000;
    const done = Math.min(this.#done, this.#planned);
    const left = done > 0 ? (seconds / done) * (this.#planned - done) : undefined;
    return { done, planned: this.#planned, doing: this.#doing, seconds, left };
  }
}
