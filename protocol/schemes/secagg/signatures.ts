import { u32le } from '../../crypto/bytes.ts';
import type { Primitives } from '../../crypto/primitives.ts';
import { LABELS } from '../../crypto/suite.ts';
import { transcript } from '../../crypto/transcript.ts';
import { CairnError } from '../../errors.ts';
import type { Advertisement } from './messages/advertise-keys.ts';
import { entryFor, type MemberDirectory } from '../../wire/membership.ts';
import type { RoundSettings } from '../../wire/settings.ts';
import { isSoundAgreementKey } from './agreement-keys.ts';

/** What an identity signs in round 0: its keys, bound to the round's settings (Bonawitz 2017 §4, active model). */
export function advertisedBytes(
  primitives: Primitives,
  settingsHash: Uint8Array,
  { member, cipherKey, maskKey }: Omit<Advertisement, 'signature'>,
): Uint8Array {
  return transcript(primitives, LABELS.signAdvertise, settingsHash, u32le(member), cipherKey, maskKey);
}

/** What an identity signs in round 3: the survivor set U3 of this session, by the hash of its bitmap. */
export function survivorBytes(primitives: Primitives, sessionId: Uint8Array, survivors: Uint8Array): Uint8Array {
  return transcript(primitives, LABELS.signSurvivors, sessionId, primitives.sha256(survivors));
}

/** What an identity signs in round 1: its commitment to its self mask seed, at its place in this session. */
export function commitmentBytes(
  primitives: Primitives,
  sessionId: Uint8Array,
  index: number,
  commitment: Uint8Array,
): Uint8Array {
  return transcript(primitives, LABELS.signCommitment, sessionId, u32le(index), commitment);
}

/**
 * What an identity signs in round 4: all shares that it reveals, by the root over them, with the survivor set that says
 * which of each owner's two secrets they belong to.
 */
export function revealedBytes(
  primitives: Primitives,
  sessionId: Uint8Array,
  holder: number,
  survivors: Uint8Array,
  root: Uint8Array,
): Uint8Array {
  return transcript(primitives, LABELS.signShares, sessionId, u32le(holder), primitives.sha256(survivors), root);
}

/** The round that an advertisement is for, by its settings. */
interface OfRound {
  readonly primitives: Primitives;
  readonly settings: RoundSettings;
  readonly settingsHash: Uint8Array;
}

/**
 * Checks that an advertisement is signed as its round's class requires: by the directory's identity in an active round,
 * not at all in a curious one; and that both of its keys are sound, so that one member's bad key costs that member its
 * place, and no other member the round.
 * @throws CairnError `identity-unknown`, `identity-expired`, `identity-not-allowed`, `identity-signature`,
 * `wire-not-canonical`, `key-invalid`
 */
export function checkAdvertisement(
  { primitives, settings, settingsHash }: OfRound,
  directory: MemberDirectory | undefined,
  advertisement: Advertisement,
): void {
  const { member, signature } = advertisement;
  const culprits = [member];
  if (!isSoundAgreementKey(advertisement.cipherKey) || !isSoundAgreementKey(advertisement.maskKey)) {
    throw new CairnError('key-invalid', `a key of member ${member} is of low order or not canonical`, { culprits });
  }
  if (directory === undefined) {
    if (signature === undefined) return;
    throw new CairnError('wire-not-canonical', `member ${member}: a curious round has no signatures`, { culprits });
  }
  const entry = entryFor(directory, member, settings.task);
  if (
    signature === undefined ||
    !primitives.ed25519Verify(entry.identityKey, advertisedBytes(primitives, settingsHash, advertisement), signature)
  ) {
    throw new CairnError('identity-signature', `member ${member} did not sign the keys shown for it`, { culprits });
  }
}
