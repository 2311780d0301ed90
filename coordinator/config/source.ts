import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CairnError } from '../../protocol/errors.ts';
import { readTextIfThere } from '../../platform/index.ts';
import { readJson } from '../../protocol/json.ts';
import { ownLine } from '../../protocol/own-line.ts';

/** Extensions of files that are imported; every other file is JSON. */
const MODULES: ReadonlySet<string> = new Set(['.mjs', '.cjs', '.js', '.mts', '.cts', '.ts']);

/**
 * The content of a configuration file, unchecked: its JSON value, or a module's default export. TypeScript works if
 * Node itself supports it, from 22.18 on.
 * @throws CairnError `config-unreadable` if the file does not exist or is not JSON, or the module throws;
 * `config-invalid` if a module has no default export
 */
export async function readConfigFile(path: string): Promise<unknown> {
  const text = await textOf(path);
  return MODULES.has(extname(path)) ? defaultExport(path) : readJson(text, path);
}

async function textOf(path: string): Promise<string> {
  const text = await readTextIfThere(path, (cause) => {
    return new CairnError('config-unreadable', `${path} cannot be read (${cause.code ?? 'unknown reason'})`, { cause });
  });
  if (text !== undefined) return text;
  throw new CairnError('config-unreadable', `configuration file ${path} does not exist`, {
    hint: 'pass another path, or write one: examples/own-model/coordinator.json is a short example',
  });
}

async function defaultExport(path: string): Promise<unknown> {
  const whole = await imported(path);
  // A module compiled to CommonJS has all of its exports as the default.
  const found = isRecord(whole['default']) && 'default' in whole['default'] ? whole['default'] : whole;
  if (found['default'] === undefined) {
    throw new CairnError('config-invalid', `${path} has no configuration as its default export`, {
      hint: 'write: export default defineConfig({ … }), with defineConfig from cairn-fl/coordinator',
    });
  }
  return found['default'];
}

async function imported(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>;
  } catch (cause) {
    const unknown = cause instanceof Error && 'code' in cause && cause.code === 'ERR_UNKNOWN_FILE_EXTENSION';
    const where = ownLine(cause);
    throw new CairnError(
      'config-unreadable',
      `${path} cannot be loaded: ${where === undefined ? '' : `${where}: `}${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
        hint: unknown
          ? 'this version of Node cannot load TypeScript: compile the module first, or run Node 22.18 or newer'
          : 'fix the module, or what it imports or reads',
      },
    );
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
