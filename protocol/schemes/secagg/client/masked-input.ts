import type { SecretBytes } from '../../../crypto/secret.ts';
import { withSecrets } from '../../../crypto/secret-scope.ts';
import { SUITES } from '../../../crypto/suite.ts';
import { CairnError } from '../../../errors.ts';
import type { ClientIndex } from '../../../ids.ts';
import { createMaskVector } from '../../../kernels/index.ts';
import { frameMaskedInput } from '../messages/masked-input.ts';
import { agreedMaskKey, selfMaskKey } from '../mask-keys.ts';
import { inputLength } from '../../../rounds/inputs/index.ts';
import { transition } from './result.ts';
import type { ClientState, ClientStep, Neighbour } from './types.ts';

type In<Name extends ClientState['name']> = Extract<ClientState, { name: Name }>;

/** The neighbours in U2, ascending by index: those that this client shares a mask with. */
export function maskedWith({ facts, held }: In<'mask-agreement'>): readonly Neighbour[] {
  return facts.neighbours.filter(({ index }) => held.has(index));
}

/**
 * Derives the keys of all pair masks; the mask key is spent with it.
 * @param shared the secrets agreed with the mask keys of {@link maskedWith}
 */
export function onMaskAgreements(state: In<'mask-agreement'>, shared: readonly SecretBytes[]): ClientStep {
  const { context, facts, mask, selfSeed, held } = state;
  const { sessionId, ownIndex } = facts;
  return withSecrets((hold) => {
    const pairKeys = new Map<ClientIndex, SecretBytes>();
    maskedWith(state).forEach(({ index }, i) => {
      const key = agreedMaskKey(context.primitives, shared[i]!.expose(), sessionId, ownIndex, index);
      pairKeys.set(index, hold(key));
    });
    const next = { name: 'masked-input', context, facts, selfSeed, pairKeys, held } as const;
    return transition(next, [], [mask.secretKey], { kind: 'input-wanted' });
  });
}

/**
 * Round 2 (MaskedInputCollection, Bonawitz 2017 §4): y = x + PRG(b) + Σ ± PRG(s_uv) over the neighbours in U2, with +
 * if this client's index is the greater one. The seed and the masks' keys are spent with it.
 * @throws CairnError `update-shape` for a vector of the wrong length
 */
export function onInput(state: In<'masked-input'>, values: Uint32Array): ClientStep {
  const { context, facts, selfSeed, pairKeys, held } = state;
  const { primitives, settings } = context;
  const length = inputLength(settings);
  if (values.length !== length) {
    throw new CairnError(
      'update-shape',
      `the round’s vectors have ${length} coordinates, but this one has ${values.length}`,
    );
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
    for (const [index, key] of pairKeys) addMask(key, facts.ownIndex > index ? 1 : -1);
    masked.toPacked(settings.modulusBits, message, offset);
  } finally {
    // A partly masked vector is as secret as the update itself.
    masked.wipe();
  }
  const next: ClientState =
    settings.adversary === 'active'
      ? { name: 'consistency-check', context, facts, held }
      : { name: 'unmasking', context, facts, held, signed: undefined };
  return transition(next, [{ name: 'maskedInput', bytes: message }], [selfSeed, ...pairKeys.values()]);
}
