import { generateAgreementKey } from '../../../crypto/keys.ts';
import { withSecrets } from '../../../crypto/secret-scope.ts';
import { entryFor } from '../../../wire/membership.ts';
import { equalBytes, toHex } from '../../../crypto/bytes.ts';
import { CairnError } from '../../../errors.ts';
import type { Advertisement } from '../messages/advertise-keys.ts';
import { encodeAdvertiseKeys } from '../messages/advertise-keys.ts';
import { type RoundSettings, settingsHash } from '../../../wire/settings.ts';
import { assertInputs, termsOf } from '../../../rounds/inputs/index.ts';
import { advertisedBytes } from '../signatures.ts';
import { assertConsent, reliesOnNoise } from '../../../rounds/consent/settings.ts';
import { assertInputAllowed } from '../../../rounds/consent/one-input.ts';
import { transition, refuseRound } from './result.ts';
import type { ClientStart } from '../../../rounds/scheme.ts';
import type { ClientContext, ClientStep } from './types.ts';

/**
 * Starts a client session: checks the invitation against the client's policy, and advertises two fresh keys
 * (round 0, Bonawitz 2017 §4). A round that the policy does not allow ends at once, with a `refused` event.
 * @throws CairnError `wire-…` or `session-mismatch` if the invitation itself is malformed; `secret-wiped` if the
 * identity is wiped
 */
export function startClient(start: ClientStart): ClientStep {
  const { primitives, random, policy, self, invitation } = start;
  const { settings } = invitation;
  const hash = settingsHash(primitives, invitation.encodedSettings);
  if (!equalBytes(hash, invitation.context)) {
    throw new CairnError('session-mismatch', 'the invitation’s context is not the hash of its settings');
  }
  if (settings.suite !== invitation.suite) {
    throw new CairnError(
      'wire-suite',
      `an invitation in suite ${invitation.suite} to a round in suite ${settings.suite}`,
    );
  }
  const { agreements = 'inline', history } = start;
  const context: ClientContext = {
    primitives,
    random,
    policy,
    self,
    settings,
    settingsHash: hash,
    agreements,
    history,
  };
  const refusal = refusalOf(context, start.seen);
  if (refusal !== undefined) return refuseRound({ name: 'closed', context }, refusal);

  return withSecrets((hold) => {
    const cipher = generateAgreementKey(primitives, random);
    hold(cipher.secretKey);
    const mask = generateAgreementKey(primitives, random);
    hold(mask.secretKey);
    const advertisement = advertise(context, cipher.publicKey, mask.publicKey);
    return transition(
      { name: 'advertise-keys', context, cipher, mask, advertisement, proofs: 0 },
      [{ name: 'advertiseKeys', bytes: encodeAdvertiseKeys({ suite: settings.suite, context: hash, advertisement }) }],
      [],
    );
  });
}

function refusalOf(
  { primitives, settings, settingsHash: hash, policy, self, history }: ClientContext,
  seen?: ReadonlySet<string>,
): CairnError | undefined {
  if (seen?.has(toHex(hash)) === true) {
    return new CairnError(
      'round-replayed',
      `round ${settings.round} of task "${settings.task}" repeats earlier settings`,
    );
  }
  try {
    assertConsent(settings, policy, history);
    assertInputs(settings);
    if (!reliesOnNoise(policy, settings)) {
      const terms = toHex(termsOf(primitives, settings));
      assertInputAllowed(history?.record, { repeat: settings.repeat, terms });
    }
    if (settings.adversary === 'active') assertOwnIdentity(settings, self);
    return undefined;
  } catch (error) {
    if (error instanceof CairnError) return error;
    throw error;
  }
}

/** In an active round the client holds the directory that the settings name, which must allow it to take part. */
function assertOwnIdentity({ directoryHash, task }: RoundSettings, self: ClientContext['self']): void {
  const { directory, identity } = self;
  if (directory === undefined || !equalBytes(directory.hash, directoryHash)) {
    throw new CairnError('directory-mismatch', 'the round names a member directory that this client does not hold');
  }
  const { identityKey } = entryFor(directory, self.member, task);
  if (identity === undefined || !equalBytes(identityKey, identity.publicKey)) {
    throw new CairnError('identity-unknown', `member ${self.member} has another identity key in the directory`);
  }
}

function advertise(context: ClientContext, cipherKey: Uint8Array, maskKey: Uint8Array): Advertisement {
  const { primitives, self, settings } = context;
  const keys = { member: self.member, cipherKey, maskKey };
  if (settings.adversary === 'curious' || self.identity === undefined) return { ...keys, signature: undefined };
  const bytes = advertisedBytes(primitives, context.settingsHash, keys);
  return { ...keys, signature: primitives.ed25519Sign(self.identity.secretKey.expose(), bytes) };
}
