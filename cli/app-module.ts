import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { assertApp } from '../client/internal.ts';
import type { App } from '../client/index.ts';
import { CairnError } from '../protocol/errors.ts';
import { loadFault } from './module-fault.ts';

/**
 * Loads the app that a module exports as its default or as `app`.
 * @param option - the option that named the module, for errors
 * @throws CairnError `config-unreadable` if the file does not exist, `app-failed` with the module's own line if it
 * throws or cannot be parsed, `config-invalid` naming what the app lacks
 */
export async function loadApp(option: string, path: string): Promise<App> {
  const { href } = pathToFileURL(resolve(path));
  let module: Record<string, unknown>;
  try {
    module = (await import(href)) as Record<string, unknown>;
  } catch (thrown) {
    throw await loadFault(option, path, thrown);
  }
  const app = exportedApp(module);
  if (app === undefined) {
    throw new CairnError(
      'config-invalid',
      `${option} ${path} does not export an app, neither as its default nor as \`app\``,
      {
        hint: 'see "Bring your own model and data" in the README',
      },
    );
  }
  assertApp(app, `${option} ${path}: the app`);
  return app;
}

/**
 * The app that a module exports: its default or `app`. A module compiled to CommonJS has all of its exports as the
 * default, so that its own default is one level deeper.
 * @returns the export, which may be anything; undefined if there is none
 */
function exportedApp(module: Readonly<Record<string, unknown>>): unknown {
  const whole = module['default'];
  if (!isRecord(whole) || 'shapes' in whole) return whole ?? module['app'];
  return whole['default'] ?? module['app'] ?? whole['app'] ?? whole;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
