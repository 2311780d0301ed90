import { encodeInput } from '../../protocol/aggregation/inputs/index.ts';
import { decodeInvitation } from '../../protocol/wire/messages/invitation.ts';
import type { RoundAtWork } from './context.ts';
import type { LocalUpdate } from './updates.ts';

/**
 * An update as the round's input: clipped, quantized and, where the settings ask for it, with this client's noise. It is as
 * secret as the update.
 * @param invitation bytes of the coordinator's invitation
 * @throws whatever `encodeInput` throws
 */
export function inputOf(
  { context, settings, emit }: RoundAtWork,
  invitation: Uint8Array,
  update: LocalUpdate,
): Uint32Array {
  const { trainer, random } = context;
  const { context: hash } = decodeInvitation(invitation);
  const { values, clippedBy } = encodeInput(trainer.primitives, settings, hash, update, random);
  if (clippedBy < 1) emit({ kind: 'clipped', factor: clippedBy });
  return values;
}
