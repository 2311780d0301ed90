import { assertApp } from './app-check.ts';
import type { App } from './app.ts';

/**
 * Returns the app unchanged, with the type of its data inferred: `train` and `evaluate` get what `data` returns. For
 * apps that are defined before they are joined, such as the default export of a module for `cairn join --app`.
 * @throws CairnError `config-invalid` naming every part that is missing or of another kind
 */
export function defineApp<Data>(app: App<Data>): App<Data> {
  assertApp(app, 'the app');
  return app;
}
