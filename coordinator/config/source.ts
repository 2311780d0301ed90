import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CairnError } from '../../protocol/errors.ts';
import { readJson } from '../../protocol/json.ts';

/** Files that are imported; every other one is JSON. */
const MODULES: ReadonlySet<string> = new Set(['.mjs', '.cjs', '.js', '.mts', '.cts', '.ts']);

/**
 * The content of a configuration file, unchecked: the value of its JSON, or what a module exports as its default. TypeScript
 * is taken where Node itself takes it, which is from 22.18.
 * @throws CairnError `config-unreadable` where there is no such file, or it is not JSON, or the module throws;
 * `config-invalid` where a module has no default export
 */
export async function readConfigFile(path: string): Promise<unknown> {
  const text = await textOf(path);
  return MODULES.has(extname(path)) ? defaultExport(path) : readJson(text, path);
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
    if (reason === 'ENOENT') {
      throw new CairnError('config-unreadable', `there is no configuration file ${path}`, {
        cause,
        hint: 'name one, or write one: examples/own-model/coordinator.json is short',
      });
    }
    throw new CairnError('config-unreadable', `${path} cannot be read (${reason})`, { cause });
  }
}

async function defaultExport(path: string): Promise<unknown> {
  const whole = await imported(path);
  // A module that was compiled to CommonJS arrives with all of its exports as the default.
  const found = isRecord(whole['default']) && 'default' in whole['default'] ? whole['default'] : whole;
  if (found['default'] === undefined) {
    throw new CairnError('config-invalid', `${path} exports no configuration as its default`, {
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
    throw new CairnError(
      'config-unreadable',
      `${path} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
        hint: unknown
          ? 'this Node takes no TypeScript: compile the module first, or run Node 22.18 or newer'
          : 'correct the module, or what it imports or reads',
      },
    );
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
