import type { SecretBytes } from '../../crypto/secret.ts';
import { SUITES } from '../../crypto/suite.ts';
import { CairnError } from '../../errors.ts';
import { createMaskVector } from '../../kernels/index.ts';
import { frameMaskedInput } from '../../wire/messages/masked-input.ts';
import { pairMaskKey, selfMaskKey } from '../masks.ts';
import { vectorLength } from '../quantize/index.ts';
import { goOn } from './result.ts';
import type { ClientState, ClientStep } from './types.ts';

/**
 * Round 2 (MaskedInputCollection, Bonawitz 2017 §4): y = x + PRG(b) + Σ ± PRG(s_uv) over the neighbours in U2, with +
 * where this client's index is the greater one. The seed and the mask key are spent with it.
 * @throws CairnError `update-shape` for a vector of another length
 */
export function onInput(state: Extract<ClientState, { name: 'masked-input' }>, values: Uint32Array): ClientStep {
  const { context, facts, mask, selfSeed, held } = state;
  const { primitives, settings } = context;
  const length = vectorLength(settings);
  if (values.length !== length) {
    throw new CairnError('update-shape', `the round’s vectors have ${length} coordinates, but ${values.length} came`);
  }
  const { maskRounds } = SUITES[settings.suite];
  const masked = createMaskVector(length);
  const addMask = (key: SecretBytes, sign: 1 | -1): void => {
    try {
      masked.addMask(key.expose(), sign, maskRounds);
    } finally {
      key.wipe();
    }
  };
  const header = { suite: settings.suite, context: facts.sessionId };
  const { message, offset } = frameMaskedInput(header, length, settings.modulusBits);
  try {
    masked.addValues(values);
    addMask(selfMaskKey(primitives, selfSeed, facts.sessionId, facts.ownIndex), 1);
    const agreement = primitives.x25519(mask.secretKey.expose());
    try {
      for (const { index, advertisement } of facts.neighbours) {
        if (!held.has(index)) continue;
        const peer = { index, maskKey: advertisement.maskKey };
        addMask(
          pairMaskKey(primitives, agreement, facts.sessionId, facts.ownIndex, peer),
          facts.ownIndex > index ? 1 : -1,
        );
      }
    } finally {
      agreement.wipe();
    }
    masked.toPacked(settings.modulusBits, message, offset);
  } finally {
    // Half masked, the vector is as secret as the update itself.
    masked.wipe();
  }
  const next: ClientState =
    settings.adversary === 'active'
      ? { name: 'consistency-check', context, facts, held }
      : { name: 'unmasking', context, facts, held, signed: undefined };
  return goOn(next, [message], [mask.secretKey, selfSeed]);
}
