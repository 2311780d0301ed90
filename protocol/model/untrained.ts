import { CairnError } from '../errors.ts';
import type { UntrainedRange } from '../wire/settings.ts';
import type { ParameterLayout } from './layout.ts';

/** The key of a model file's metadata that names its untrained tensors: a JSON list of their names. */
const KEY = 'untrained';

/**
 * The names that a file's metadata give; undefined if they give none.
 * @throws CairnError `model-malformed` for anything but a list of names
 */
export function untrainedNames(metadata: Readonly<Record<string, string>>): readonly string[] | undefined {
  if (!Object.hasOwn(metadata, KEY)) return undefined;
  let names: unknown;
  try {
    names = JSON.parse(metadata[KEY]!);
  } catch {
    names = undefined;
  }
  if (Array.isArray(names) && names.every((name): name is string => typeof name === 'string')) return names;
  throw new CairnError('model-malformed', `its metadata "${KEY}" are not a JSON list of tensor names`);
}

/**
 * Where untrained tensors lie in the flat vector, ascending and without bounds.
 * @throws CairnError `update-shape` for a name that the layout does not have
 */
export const untrainedRanges = (
  layout: ParameterLayout,
  names: readonly string[],
): readonly Omit<UntrainedRange, 'bound'>[] =>
  [...new Set(names)]
    .map((name) => ({ from: layout.offsetOf(name), length: layout.sizeOf(name) }))
    .sort((a, b) => a.from - b.from);
