/**
 * What a module exports as its app: its default or `app`. A module that was compiled to CommonJS arrives with all of its
 * exports as the default, so that its own default lies one step further in.
 * @returns the export, which may be anything; undefined where there is none
 */
export function exportedApp(module: Readonly<Record<string, unknown>>): unknown {
  const whole = module['default'];
  if (!isRecord(whole) || 'shapes' in whole) return whole ?? module['app'];
  return whole['default'] ?? module['app'] ?? whole['app'] ?? whole;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
