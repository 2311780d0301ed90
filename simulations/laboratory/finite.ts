import { CairnError } from '../../protocol/errors.ts';
import type { Json, JsonObject } from './rows.ts';

/**
 * Checks what becomes a file of JSON, which would turn NaN and infinities into null without a word.
 * @param what what the value is, for the error
 * @throws CairnError `internal` naming the path to a number that is not finite
 */
export function checkFinite(value: Json, what: string, path = ''): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new CairnError('internal', `the ${what} has ${value} at "${path}"`, {
      hint: 'have the experiment give null, or leave the key out, where there is no number',
    });
  }
  if (Array.isArray(value)) {
    for (const [i, entry] of (value as readonly Json[]).entries()) checkFinite(entry, what, `${path}[${i}]`);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, entry] of Object.entries(value as JsonObject)) {
      checkFinite(entry, what, path === '' ? key : `${path}.${key}`);
    }
  }
}
