import { CairnError } from '../protocol/errors.ts';

/** Names of data fields that have one or more entries per example. */
const COLUMNS = [
  'examples',
  'rows',
  'inputs',
  'labels',
  'features',
  'targets',
  'images',
  'x',
  'y',
  'xs',
  'ys',
] as const;

/** Number of examples in the result of an app's data(); undefined if that cannot be determined from outside. */
function countOf(data: unknown): number | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const length = lengthOf(data);
  if (length !== undefined) return length;
  if (data instanceof Map || data instanceof Set) return data.size;
  const fields = data as Readonly<Record<string, unknown>>;
  // The engine's data sets have this field, and other libraries' may too.
  if (typeof fields['examples'] === 'number') return fields['examples'];
  const lengths = COLUMNS.flatMap((name) => lengthOf(fields[name]) ?? []);
  return lengths.length === 0 ? undefined : Math.max(...lengths);
}

function lengthOf(value: unknown): number | undefined {
  if (Array.isArray(value)) return value.length;
  return ArrayBuffer.isView(value) ? value.byteLength : undefined;
}

/**
 * Refuses data without any example before the client connects: the first round would be too late, since every client
 * with a seat counts for the quorum.
 * @throws CairnError `data-empty`
 */
export function assertSomeData(data: unknown): void {
  if (countOf(data) !== 0) return;
  throw new CairnError('data-empty', 'the app’s data() returned no examples: this client has nothing to train on');
}
