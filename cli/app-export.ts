/**
 * The app that a module exports: its default or `app`. A module compiled to CommonJS has all of its exports as the
 * default, so that its own default is one level deeper.
 * @returns the export, which may be anything; undefined if there is none
 */
export function exportedApp(module: Readonly<Record<string, unknown>>): unknown {
  const whole = module['default'];
  if (!isRecord(whole) || 'shapes' in whole) return whole ?? module['app'];
  return whole['default'] ?? module['app'] ?? whole['app'] ?? whole;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
