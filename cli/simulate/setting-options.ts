import { Option } from 'commander';
import type { z } from 'zod';
import type { Experiment } from '../../simulations/laboratory/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { SharedFlags } from './execute.ts';

const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** One option for each of an experiment's settings: `thetaUpload` is `--theta-upload`. */
export function flagsOf({ parameters, presets }: Experiment): Option[] {
  const defaults = parameters.safeParse(presets.quick).data ?? {};
  return Object.entries(parameters.shape).map(([key, field]) => {
    const type = field as z.ZodType;
    // A switch takes no value.
    const isSwitch = type.safeParse(true).success && !type.safeParse('true').success;
    const value = isSwitch ? '[true|false]' : '<value>';
    const shown = JSON.stringify(defaults[key]) as string | undefined;
    const text = `${type.description ?? ''}${shown === undefined ? '' : ` (quick: ${shown})`}`;
    return new Option(`--${kebab(key)} ${value}`, text.trim());
  });
}

/**
 * The settings on a command line, as strings by key: from options and from `--set`.
 * @throws CairnError `usage` for a `--set` without an equals sign, or a key given twice
 */
export function settingsOf({ parameters }: Experiment, flags: SharedFlags): Record<string, string> {
  // Without a prototype, whose property names are not settings.
  const given = Object.create(null) as Record<string, string>;
  for (const key of Object.keys(parameters.shape)) {
    const value: unknown = flags[key as keyof SharedFlags];
    if (typeof value === 'string') given[key] = value;
    else if (value === true) given[key] = 'true';
  }
  for (const pair of flags.set ?? []) {
    const at = pair.indexOf('=');
    if (at < 1)
      throw new CairnError('usage', `--set ${pair}: expected key=value`, { hint: 'such as --set clients=100' });
    const key = pair.slice(0, at).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (key in given) throw new CairnError('usage', `${key} is given twice`, { hint: 'leave one of the two out' });
    given[key] = pair.slice(at + 1);
  }
  return given;
}
