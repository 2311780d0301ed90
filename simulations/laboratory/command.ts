import type { JsonObject } from './rows.ts';

/**
 * The command that runs the same again, whatever defaults and presets say by then.
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
