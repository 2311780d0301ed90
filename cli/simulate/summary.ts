import type { Json, JsonObject } from '../../simulations/laboratory/index.ts';

/** Longer lists are counted, not printed: --json and the run's folder have them. */
const MAX_ENTRIES = 12;

/** A summary for display: one line per value, nested ones with the full path of their names. */
export function summaryLines(summary: JsonObject): string[] {
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
