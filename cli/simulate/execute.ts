import { type Command, Option } from 'commander';
import { CairnError } from '../../protocol/errors.ts';
import {
  type Experiment,
  type Preset,
  readConfig,
  readSettings,
  runExperiment,
  shellWord,
  type Json,
  type JsonObject,
} from '../../simulations/laboratory/index.ts';
import { whole } from '../option-parsers.ts';
import { data, EXIT, say } from '../io.ts';
import { onInterrupt } from '../signals.ts';
import { formatDuration } from '../../platform/index.ts';
import { progressLine } from './progress.ts';

/** Options of every experiment. */
export interface SharedFlags {
  readonly preset?: Preset;
  readonly seed?: number;
  readonly out: string;
  readonly threads?: number;
  readonly set?: readonly string[];
  readonly resume?: string;
  readonly again?: string;
  readonly json?: boolean;
}

/** Adds the options of every experiment. */
export function addSharedOptions(command: Command): Command {
  return command
    .addOption(new Option('--preset <size>', 'size of the experiment').choices(['quick', 'paper']))
    .option('--seed <number>', 'seed of all random draws (default: 1)', whole(0, Number.MAX_SAFE_INTEGER))
    .option('--set <key=value...>', 'a setting by name')
    .option('--out <folder>', 'folder for the run’s folder', 'runs')
    .option('--threads <number>', 'worker threads; results do not depend on it (default: all cores)', whole(1, 256))
    .option('--resume <folder>', 'continue a run that was stopped')
    .option('--again <folder>', 'repeat the run recorded in a folder')
    .option('--json', 'print one JSON object: settings, results, timings');
}

/**
 * Runs an experiment and reports on it: messages on stderr, results on stdout.
 * @param given settings as strings by key
 * @param module path of the experiment's module; undefined for one of ours
 */
export async function runWith(
  experiment: Experiment,
  flags: SharedFlags,
  given: Readonly<Record<string, string>>,
  module: string | undefined,
): Promise<number> {
  const { settings, seed, preset } = await chosen(experiment, flags, given);
  const controller = new AbortController();
  const interrupt = onInterrupt(() => {
    say('\nstopping; saving results so far (Ctrl-C again exits at once)');
    controller.abort(new CairnError('internal', 'the run was interrupted'));
  });
  say(`${experiment.name}, seed ${seed}: about ${formatDuration(experiment.estimate(settings))} on two idle cores`);
  const line = progressLine(process.stderr);
  try {
    const { folder, interrupted, endedBefore, summary, timings } = await runExperiment(experiment, settings, {
      seed,
      out: flags.out,
      signal: controller.signal,
      ...(module === undefined ? {} : { module }),
      ...(preset === undefined ? {} : { preset }),
      ...(flags.resume === undefined ? {} : { resume: flags.resume }),
      ...(flags.threads === undefined ? {} : { threads: flags.threads }),
      onFolder: (path) => say(`run folder: ${path}`),
      onProgress: line.show,
    });
    line.end();
    if (endedBefore) say('the run had already ended: nothing was run, its report was written again');
    if (flags.json === true) data(JSON.stringify({ ...summary, settings, ...timings, folder }));
    else for (const text of summaryLines(summary)) data(text);
    say(`report: ${folder}/report.html`);
    if (!interrupted) return EXIT.ok;
    say(`continue with: cairn simulate --resume ${shellWord(folder)}`);
    return EXIT.interrupted;
  } finally {
    line.end();
    interrupt.stop();
  }
}

async function chosen(
  experiment: Experiment,
  { preset, seed, resume, again }: SharedFlags,
  given: Readonly<Record<string, string>>,
): Promise<{ settings: ReturnType<typeof readSettings>; seed: number; preset: Preset | undefined }> {
  const folder = resume ?? again;
  if (folder === undefined) {
    return {
      settings: readSettings(experiment, { preset: preset ?? 'quick', given }),
      seed: seed ?? 1,
      preset: preset ?? 'quick',
    };
  }
  if (resume !== undefined && again !== undefined) {
    throw new CairnError('usage', '--resume and --again cannot both be given', { hint: 'leave one of the two out' });
  }
  if (Object.keys(given).length > 0 || preset !== undefined || seed !== undefined) {
    throw new CairnError('usage', 'settings, preset and seed come from the given folder', {
      hint: 'leave them out, or leave out --resume and --again',
    });
  }
  const recorded = await readConfig(folder);
  if (recorded.experiment !== experiment.name) {
    throw new CairnError('usage', `${folder} has a run of ${recorded.experiment}, not of ${experiment.name}`, {
      hint: `cairn simulate ${resume === undefined ? '--again' : '--resume'} ${shellWord(folder)}`,
    });
  }
  return {
    settings: readSettings(experiment, { given: recorded.settings }),
    seed: recorded.seed,
    preset: recorded.preset ?? undefined,
  };
}

/** Longer lists are counted, not printed: --json and the run's folder have them. */
const MAX_ENTRIES = 12;

/** A summary for display: one line per value, nested ones with the full path of their names. */
function summaryLines(summary: JsonObject): string[] {
  const pairs = [...flatten(summary, '')];
  const width = Math.max(0, ...pairs.map(([name]) => name.length));
  return pairs.map(([name, text]) => `${name.padEnd(width)}  ${text}`);
}

function* flatten(value: Json, name: string): Generator<[string, string]> {
  if (Array.isArray(value)) {
    const list = value as readonly Json[];
    if (list.length > MAX_ENTRIES) yield [name, `${list.length} entries`];
    else if (list.every((entry) => typeof entry !== 'object' || entry === null))
      yield [name, list.map(text).join(', ')];
    else for (const [i, entry] of list.entries()) yield* flatten(entry, `${name}[${i}]`);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, entry] of Object.entries(value as JsonObject)) {
      yield* flatten(entry, name === '' ? key : `${name}.${key}`);
    }
  } else {
    yield [name, text(value)];
  }
}

const text = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));
