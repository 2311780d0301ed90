import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { CairnError } from '../../protocol/errors.ts';
import type { JsonObject } from './series.ts';
import type { Preset } from './settings.ts';
import { packageVersion } from '../../platform/index.ts';

/** How far a run is. */
export interface Progress {
  /** Units done and planned, the experiment's own. */
  readonly done: number;
  readonly planned: number;
  /** What is being done, in a few words; empty if not known. */
  readonly doing: string;
  /** Seconds since the run began. */
  readonly seconds: number;
  /** Seconds left at the pace so far; undefined before anything is done. */
  readonly left: number | undefined;
}

/** How a run is started. */
export interface RunOptions {
  /** An integer from 0 to 2^53 − 1. */
  readonly seed: number;
  /** The folder in which the run's folder is made. */
  readonly out: string;
  /** The folder of a stopped run of the same experiment, settings and seed, which is continued in place. */
  readonly resume?: string;
  /** Path of the module that holds the experiment, for the record; none for those that come with Cairn. */
  readonly module?: string;
  /** The preset that the settings are based on, for the record. */
  readonly preset?: Preset;
  /** Worker threads; by default as many as there are cores. Results do not depend on it. */
  readonly threads?: number;
  /** Stops the run; what was recorded is kept and reported. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Called once the folder exists, before anything runs. */
  readonly onFolder?: (path: string) => void;
}

/**
 * The command that repeats the run, even if defaults and presets have changed by then.
 * @param named the experiment's name, or the path of its module
 */
export function commandOf(named: string, settings: JsonObject, seed: number): string {
  const sets = Object.entries(settings).map(([key, value]) => {
    return ` --set ${shellWord(`${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)}`;
  });
  return `cairn simulate ${shellWord(named)} --seed ${seed}${sets.join('')}`;
}

/** A string as one word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w.,:/@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

const schema = z.object({
  experiment: z.string(),
  /** Path of the module that holds the experiment; absent for those that come with Cairn. */
  module: z.string().optional(),
  preset: z.enum(['quick', 'paper']).nullable(),
  seed: z.int().min(0),
  settings: z.record(z.string(), z.json()),
  /** SHA-256 of experiment, seed and settings as they were at the start; absent in folders of earlier versions. */
  inputs: z.string().optional(),
});

/** What a run's config.json says about how it was started. */
type RecordedRun = z.output<typeof schema>;

/** What results depend on. */
type Inputs = Pick<RecordedRun, 'experiment' | 'seed' | 'settings'>;

/** What config.json holds: everything needed to repeat the run. */
export function configOf(
  experiment: string,
  settings: JsonObject,
  { seed, preset, module }: Pick<RunOptions, 'seed' | 'preset' | 'module'>,
): JsonObject {
  return {
    experiment,
    ...(module === undefined ? {} : { module }),
    preset: preset ?? null,
    seed,
    settings,
    inputs: digest({ experiment, seed, settings: asRecorded(settings) }),
    command: commandOf(module ?? experiment, settings, seed),
    versions: { cairn: packageVersion(), node: process.version },
  };
}

/** @throws CairnError `config-unreadable` if the folder has no config.json of a run */
export async function readConfig(folder: string): Promise<RecordedRun> {
  const file = join(resolve(folder), 'config.json');
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new CairnError('config-unreadable', `${file} is not the record of a run`, {
      hint: 'name the folder that an earlier run has left',
      cause,
    });
  }
}

/**
 * One series must not mix rows from different settings: checks that a resumed run has the inputs that its folder's rows
 * came from. Settings that an earlier version did not have yet do not count.
 * @throws CairnError `config-invalid`
 */
export function checkInputs(
  folder: string,
  recorded: RecordedRun,
  experiment: string,
  settings: JsonObject,
  seed: number,
): void {
  const given = asRecorded(settings);
  const differing = [
    ...(recorded.experiment === experiment ? [] : ['experiment']),
    ...(recorded.seed === seed ? [] : ['seed']),
    ...Object.keys(recorded.settings).filter((key) => text(given[key]) !== text(recorded.settings[key])),
  ];
  if (differing.length > 0) throw otherInputs(folder, `it was started with a different ${differing.join(', ')}`);
  if (recorded.inputs !== undefined && recorded.inputs !== digest(recorded)) {
    throw otherInputs(folder, 'its config.json does not have the seed and settings that the run was started with');
  }
}

function otherInputs(folder: string, why: string): CairnError {
  return new CairnError('config-invalid', `the run in ${folder} cannot be resumed: ${why}`, {
    hint: `restore them, or start a new run with them: cairn simulate --again ${shellWord(folder)}`,
  });
}

/** Settings as they are read back from a file. */
const asRecorded = (settings: JsonObject): RecordedRun['settings'] =>
  JSON.parse(JSON.stringify(settings)) as RecordedRun['settings'];

const text = (value: unknown): string | undefined => JSON.stringify(value);

function digest({ experiment, seed, settings }: Inputs): string {
  const sorted = Object.keys(settings)
    .sort()
    .map((key) => [key, settings[key]]);
  return createHash('sha256')
    .update(JSON.stringify([experiment, seed, sorted]))
    .digest('hex');
}
