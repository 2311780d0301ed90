import type { JsonObject } from './rows.ts';

/** The command that runs the same again, whatever defaults and presets say by then. */
export function commandOf(experiment: string, settings: JsonObject, seed: number): string {
  const sets = Object.entries(settings).map(([key, value]) => {
    const pair = `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`;
    return ` --set ${/^[\w.,+=-]*$/.test(pair) ? pair : `'${pair.replaceAll("'", `'\\''`)}'`}`;
  });
  return `cairn simulate ${experiment} --seed ${seed}${sets.join('')}`;
}
