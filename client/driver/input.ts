import { encodeInput, inputRecord, keepsInput, roundingSource, termsOf } from '../../protocol/rounds/index.ts';
import { fromHex, toHex } from '../../protocol/crypto/index.ts';
import type { RoundFromModel } from './context.ts';
import type { LocalUpdate } from './updates.ts';

/** An update as a round's input. */
export interface RoundInput {
  /** As secret as the update. */
  readonly values: Uint32Array;
  /** What is recorded about it before it is sent: `inputRecord`, in hex. */
  readonly record: string;
}

/**
 * An update as the round's input: clipped, quantized and, if the settings require it, with this client's noise. Without
 * noise it is the same vector whenever the update is sent on these terms; with only the coordinator's noise, the same
 * except for the rotation, whose signs follow from the settings' hash.
 * @param settingsHash the context of the invitation
 * @throws whatever `encodeInput` throws
 */
export function inputOf(
  { context, settings, from, emit }: RoundFromModel,
  settingsHash: Uint8Array,
  update: LocalUpdate,
): RoundInput {
  const { trainer, random } = context;
  const { primitives, secret } = trainer;
  const record = inputRecord(primitives, secret, fromHex(from.point), settings.repeat, update);
  const source = keepsInput(settings)
    ? roundingSource(primitives, secret, record, termsOf(primitives, settings))
    : random;
  const { values, clippedBy, cut } = encodeInput(primitives, settings, settingsHash, update, source);
  if (clippedBy < 1) emit({ kind: 'clipped', factor: clippedBy });
  for (const one of cut) emit({ kind: 'cut', ...one });
  return { values, record: toHex(record) };
}
