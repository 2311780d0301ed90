import type { CairnError } from '../../protocol/errors.ts';
import { encodeOutcome, type Header, LIMITS } from '../../protocol/wire/index.ts';

/** No character takes more than three bytes per UTF-16 unit, so this many always fit the field. */
const MAX_UNITS = Math.floor(LIMITS.text / 3);

/** Tells a member that the round has committed, and whether its update is included. */
export function committedOutcome(header: Header, included: boolean, modelHash: Uint8Array): Uint8Array {
  return encodeOutcome({ ...header, kind: 'committed', included, modelHash });
}

/** Tells a member that the round ended without a sum, in one line that fits the field. */
export function abandonedOutcome(header: Header, { code, message }: Pick<CairnError, 'code' | 'message'>): Uint8Array {
  return encodeOutcome({ ...header, kind: 'abandoned', code, message: message.slice(0, MAX_UNITS) });
}
