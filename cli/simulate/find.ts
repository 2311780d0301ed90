import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CairnError } from '../../protocol/errors.ts';
import { EXPERIMENTS } from '../../simulations/index.ts';
import type { Experiment } from '../../simulations/laboratory/index.ts';
import { didYouMean } from '../../protocol/suggest.ts';

/**
 * One of Cairn's experiments by its name, or the user's own by the path of a module that exports it as its default or
 * as `experiment`.
 * @throws CairnError `usage`
 */
export async function findExperiment(name: string): Promise<Experiment> {
  const known = Object.keys(EXPERIMENTS);
  if (known.includes(name)) return EXPERIMENTS[name]!();
  if (/[./\\]/.test(name)) return fromModule(name);
  throw new CairnError('usage', `there is no experiment "${name}"; ${didYouMean(name, known)}`, {
    hint: 'list them with cairn simulate; your own is given by its path, such as ./my-experiment.mjs',
  });
}

/** The absolute path of the module that {@link findExperiment} would load; undefined for one of Cairn's. */
export function moduleOf(name: string): string | undefined {
  return Object.keys(EXPERIMENTS).includes(name) ? undefined : resolve(name);
}

async function fromModule(path: string): Promise<Experiment> {
  if (!existsSync(path)) {
    throw new CairnError('usage', `${path} cannot be loaded: there is no such file`, {
      hint: 'check the path; the examples of an installed package are in node_modules/cairn-fl/examples',
    });
  }
  let module: Readonly<Record<string, unknown>>;
  try {
    module = (await import(pathToFileURL(resolve(path)).href)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new CairnError('usage', `${path} cannot be loaded: ${why}`, {
      hint: 'check the path, and that Node.js can load the module without compiling it',
      cause,
    });
  }
  const found = module['default'] ?? module['experiment'];
  if (isExperiment(found)) return found;
  throw new CairnError('usage', `${path} does not export an experiment`, {
    hint: 'export the result of defineExperiment, with all of its parts, as the default or as "experiment"',
  });
}

function isExperiment(value: unknown): value is Experiment {
  if (typeof value !== 'object' || value === null) return false;
  const { name, title, parameters, presets, ...rest } = value as Readonly<Record<string, unknown>>;
  return (
    typeof name === 'string' &&
    typeof title === 'string' &&
    parameters instanceof Object &&
    'shape' in parameters &&
    presets instanceof Object &&
    ['estimate', 'run', 'summarise', 'report'].every((part) => typeof rest[part] === 'function')
  );
}
