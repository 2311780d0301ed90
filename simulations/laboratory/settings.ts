import type { z } from 'zod';
import { configError } from '../../protocol/issues.ts';
import { CairnError } from '../../protocol/errors.ts';
import { didYouMean } from '../../protocol/suggest.ts';
import type { Experiment, Parameters } from './experiment.ts';

/** How much an experiment is asked to do. */
export type Preset = 'quick' | 'paper';

/** The settings of an experiment that a user overrides. */
export interface SettingOverrides {
  /** Default quick. */
  readonly preset?: Preset;
  /** Key → text as typed, or a value as in another run's config.json. */
  readonly given?: Readonly<Record<string, unknown>>;
}

/**
 * The settings of a run: the defaults, then the preset, then the values given.
 * @throws CairnError `config-unknown-key`, `config-invalid` naming the key; `settings-invalid` if keys contradict each
 * other
 */
export function readSettings<P extends Parameters>(
  experiment: Experiment<P>,
  { preset = 'quick', given = {} }: SettingOverrides,
): z.output<P> {
  const fields = experiment.parameters.shape as Readonly<Record<string, z.ZodType>>;
  const known = Object.keys(fields);
  const values: Record<string, unknown> = { ...experiment.presets[preset] };
  for (const [key, value] of Object.entries(given)) {
    if (!known.includes(key)) {
      throw new CairnError(
        'config-unknown-key',
        `${experiment.name} has no setting "${key}"; ${didYouMean(key, known)}`,
      );
    }
    values[key] = typeof value === 'string' ? readText(fields[key]!, value) : value;
  }
  const parsed = experiment.parameters.safeParse(values);
  if (!parsed.success) throw configError(parsed.error.issues, values);
  experiment.check?.(parsed.data);
  return parsed.data;
}

/**
 * How a string on the command line is read for a field: as JSON, else as text, else as a comma-separated list,
 * whichever the field accepts first. If it accepts none, the schema gets the reading that it gets furthest into: for
 * `0` as a list of shares it should say that 0 is too small, not that it is not a list.
 */
function readText(field: z.ZodType, text: string): unknown {
  const list = text === '' ? [] : text.split(',').map((part) => fromJson(part.trim()));
  const readings = [fromJson(text), text, list];
  const taken = readings.find((reading) => field.safeParse(reading).success);
  return taken ?? readings.find((reading) => failsInside(field, reading)) ?? readings[0];
}

function failsInside(field: z.ZodType, value: unknown): boolean {
  return field.safeParse(value).error?.issues.some(({ path }) => path.length > 0) === true;
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Why settings are refused. @param message - begins with the name of the setting */
export function invalid(message: string, hint = 'correct the named setting', cause?: unknown): CairnError {
  return new CairnError('settings-invalid', message, { hint, cause });
}

/** Refuses lists that contain a value twice: it would be run twice. @throws CairnError `settings-invalid` */
export function checkOnce(lists: Readonly<Record<string, readonly unknown[]>>): void {
  for (const [key, list] of Object.entries(lists))
    if (new Set(list).size < list.length)
      throw invalid(`${key}: each value only once, got ${list.join(', ')}`, 'remove the duplicates');
}

/** Refuses a training that would end before it is evaluated. @throws CairnError `settings-invalid` */
export function checkLooks({ evaluateEvery, rounds }: Readonly<Record<'evaluateEvery' | 'rounds', number>>): void {
  if (evaluateEvery > rounds)
    throw invalid(`evaluateEvery: at most the ${rounds} rounds, got ${evaluateEvery}`, 'lower it');
}
