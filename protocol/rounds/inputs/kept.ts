import { u32le } from '../../crypto/bytes.ts';
import type { Primitives } from '../../crypto/primitives.ts';
import type { RandomSource } from '../../crypto/random.ts';
import type { SecretBytes } from '../../crypto/secret.ts';
import { LABELS, SIZES } from '../../crypto/suite.ts';
import { deriveKey } from '../../crypto/transcript.ts';
import { CairnError } from '../../errors.ts';
import type { RoundSettings } from '../../wire/settings.ts';
import type { LocalResult } from '../../quantize/index.ts';

/**
 * Whether an update is rounded with the same random words in every round that it is sent in. Without noise it is then
 * the same vector. If the coordinator adds the noise, it is the same except for the rotation, whose signs follow from
 * the settings' hash. Not if members add noise: the same noise twice would cancel out, so rounding and noise are drawn
 * again, and each time it is sent is charged.
 */
export const keepsInput = ({ privacy }: Pick<RoundSettings, 'privacy'>): boolean =>
  privacy?.placement !== 'distributed';

/**
 * What a client records of an update before it sends it: 32 bytes by which the update is recognized. They are keyed, so
 * that a file of them tells its reader nothing, and no guess at the update can be tested on them.
 * @param secret the client's own 32 bytes: its identity's seed
 * @param point of the model that was trained from, as `modelPoint` gives
 * @param repeat of the round's settings
 * @param result before clipping and rounding; not changed
 */
export function inputRecord(
  primitives: Primitives,
  secret: SecretBytes,
  point: Uint8Array,
  repeat: number,
  { update, examples, loss, accuracy }: LocalResult,
): Uint8Array {
  const bytes = new Uint8Array(update.byteLength + 3 * Float64Array.BYTES_PER_ELEMENT);
  bytes.set(new Uint8Array(update.buffer, update.byteOffset, update.byteLength));
  const view = new DataView(bytes.buffer);
  [examples, loss, accuracy].forEach((metric, i) => {
    view.setFloat64(update.byteLength + 8 * i, metric, true);
  });
  const digest = primitives.sha256(bytes);
  bytes.fill(0);
  const record = deriveKey(primitives, secret.expose(), point, LABELS.inputRecord, u32le(repeat), digest);
  digest.fill(0);
  return record.expose();
}

/**
 * The source of a kept input's rounding, in place of a CSPRNG: 32 bytes for each draw, the same for the same input on
 * the same terms. So a client that restarts sends the same vector, bit for bit, in a round without noise.
 * @param input of {@link inputRecord}: 32 bytes
 * @param terms of `termsOf`: 32 bytes
 */
export function roundingSource(
  primitives: Primitives,
  secret: SecretBytes,
  input: Uint8Array,
  terms: Uint8Array,
): RandomSource {
  let draw = 0;
  return (length) => {
    if (length !== SIZES.key) throw new CairnError('internal', `rounding was asked for ${length} bytes`);
    return deriveKey(primitives, secret.expose(), input, LABELS.rounding, terms, u32le(draw++)).expose();
  };
}
