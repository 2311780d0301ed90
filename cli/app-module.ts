import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { App } from '../client/index.ts';
import { CairnError } from '../protocol/errors.ts';
import { exportedApp } from './app-export.ts';

/**
 * Loads the app that a module exports as its default or as `app`.
 * @param option - the option that named the module, for errors
 * @throws CairnError `config-unreadable`, `config-invalid` for a module without an app
 */
export async function loadApp(option: string, path: string): Promise<App> {
  let module: Record<string, unknown>;
  try {
    module = (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>;
  } catch (cause) {
    throw new CairnError(
      'config-unreadable',
      `${option} ${path} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
        hint: 'check the path; the module must be JavaScript that Node can import',
      },
    );
  }
  const app = exportedApp(module);
  if (!isApp(app)) {
    throw new CairnError(
      'config-invalid',
      `${option} ${path} exports no app: its default or \`app\` needs shapes, data() and train()`,
      {
        hint: 'see "Bring your own model and data" in the README',
      },
    );
  }
  return app;
}

function isApp(value: unknown): value is App {
  if (typeof value !== 'object' || value === null) return false;
  const app = value as Partial<Record<keyof App, unknown>>;
  return typeof app.shapes === 'object' && typeof app.data === 'function' && typeof app.train === 'function';
}
