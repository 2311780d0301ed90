import { readFile } from 'node:fs/promises';
import { arch, cpus, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { CairnError } from '../../protocol/errors.ts';
import { renderReport } from '../report/html.ts';
import { toCsv } from '../report/rows.ts';
import { commandOf, type RunOptions } from './run-config.ts';
import type { Experiment, Parameters } from './experiment.ts';
import type { LabFolder } from './folder.ts';
import type { Records } from './records.ts';
import type { Json, JsonObject } from './series.ts';
import { packageVersion } from '../../platform/index.ts';

/**
 * Checks a value before it is written as JSON, which would silently turn NaN and infinities into null.
 * @param what what the value is, for the error
 * @throws CairnError `internal` naming the path to a number that is not finite
 */
function checkFinite(value: Json, what: string, path = ''): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new CairnError('internal', `the ${what} has ${value} at "${path}"`, {
      hint: 'have the experiment give null, or omit the key, if there is no number',
    });
  }
  if (Array.isArray(value)) {
    for (const [i, entry] of (value as readonly Json[]).entries()) checkFinite(entry, what, `${path}[${i}]`);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, entry] of Object.entries(value as JsonObject)) {
      checkFinite(entry, what, path === '' ? key : `${path}.${key}`);
    }
  }
}

/** The machine on which clocks were read: what timings depend on, without anything that identifies a person. */
export function machine(): JsonObject {
  return {
    node: process.version,
    platform: platform(),
    arch: arch(),
    cpu: cpus().at(0)?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
}

const object = z.record(z.string(), z.json());

const clocks = z.object({
  started: z.string(),
  seconds: z.number().min(0),
  cpuSeconds: z.number().min(0),
  peakRssMB: z.number().min(0),
});

/** What earlier processes have left in a run's folder. */
interface Earlier {
  /** Whether the run had completed. */
  readonly ended: boolean;
  /** What timings.json holds; undefined if there is none, as after a crash. */
  readonly timings: JsonObject | undefined;
  /** Their total times; undefined if not known. */
  readonly clocks: z.output<typeof clocks> | undefined;
}

/** Reads what earlier processes have left. Damaged files are treated as missing: they can be made from the rows. */
export async function readEarlier(folder: string): Promise<Earlier> {
  const summary = await readObject(join(folder, 'summary.json'));
  const timings = await readObject(join(folder, 'timings.json'));
  return {
    ended: summary !== undefined && timings !== undefined && summary['interrupted'] !== true,
    timings,
    clocks: clocks.safeParse(timings).data,
  };
}

async function readObject(file: string): Promise<JsonObject | undefined> {
  try {
    return object.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** The result of a run. */
export interface Conclusion {
  /** The run's folder. */
  readonly folder: string;
  readonly interrupted: boolean;
  /** Whether it had completed before, so that only what follows from the rows was made again. */
  readonly endedBefore: boolean;
  /** What summary.json holds. */
  readonly summary: JsonObject;
  /** What timings.json holds. */
  readonly timings: JsonObject;
}

interface Run<Settings> {
  readonly records: Records<Settings>;
  readonly folder: LabFolder;
  readonly options: RunOptions;
  readonly started: { readonly at: Date; readonly cpu: NodeJS.CpuUsage; readonly clock: number };
  readonly interrupted: boolean;
  /** What earlier processes left; undefined for a new run. */
  readonly earlier: Earlier | undefined;
}

/**
 * Makes everything that follows from the rows: summary, timings, tables and the report.
 * @throws CairnError `internal` if summary or timings hold a number that is not finite; `folder-unwritable`
 */
export async function conclude<P extends Parameters>(
  experiment: Experiment<P>,
  { records, folder, options, started, interrupted, earlier }: Run<z.output<P>>,
): Promise<Conclusion> {
  records.interrupted = interrupted;
  const summary: JsonObject = {
    experiment: experiment.name,
    seed: records.seed,
    ...(interrupted ? { interrupted } : {}),
    ...experiment.summarise(records),
  };
  checkFinite(summary, 'summary');
  const endedBefore = earlier?.ended === true;
  const timings: JsonObject =
    endedBefore && earlier.timings !== undefined
      ? earlier.timings
      : { ...experiment.measure?.(records), ...clocksOf(started, options, earlier) };
  checkFinite(timings, 'timings');
  // The summary is written after the timings: once it says that the run has ended, the timings are left as they are.
  if (!endedBefore) await folder.json('timings.json', timings);
  await folder.json('summary.json', summary);
  for (const name of records.series) await folder.text(`data/${name}.csv`, toCsv(records.named(name)));
  const images = new Map<string, Uint8Array>();
  for (const name of records.images) images.set(name, await folder.imageBytes(name));
  const report = renderReport({
    title: experiment.title,
    experiment: experiment.name,
    settings: records.settings as JsonObject,
    seed: records.seed,
    preset: options.preset,
    version: packageVersion(),
    node: process.version,
    command: commandOf(options.module ?? experiment.name, records.settings as JsonObject, records.seed),
    interrupted,
    sections: experiment.report(records),
    images,
    data: records.series,
  });
  await folder.text('report.html', report);
  return { folder: folder.path, interrupted, endedBefore, summary, timings };
}

/** What the whole run took: for a resumed run, over all of its processes. */
function clocksOf(
  { at, cpu, clock }: Run<unknown>['started'],
  { threads, resume }: RunOptions,
  earlier: Earlier | undefined,
): JsonObject {
  const { user, system } = process.cpuUsage(cpu);
  const before = earlier?.clocks ?? { started: at.toISOString(), seconds: 0, cpuSeconds: 0, peakRssMB: 0 };
  return {
    started: before.started,
    seconds: round(before.seconds + (performance.now() - clock) / 1000),
    cpuSeconds: round(before.cpuSeconds + (user + system) / 1e6),
    peakRssMB: Math.max(before.peakRssMB, Math.round(process.resourceUsage().maxRSS / 1024)),
    threads: threads ?? null,
    resumed: resume !== undefined,
    machine: machine(),
  };
}

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;
