import { nodePrimitives } from '../../protocol/crypto/node/index.ts';
import { type Identity, parseIdentity, unsafeIdentityText } from './identity.ts';
import { createPrivate, readPrivate, replacePrivate } from '../../platform/index.ts';

/**
 * Reads an identity file.
 * @throws CairnError `config-unreadable` if it cannot be read, `config-invalid` for another format, `key-file-mode` if
 * group or others have any access to it
 */
export async function readIdentity(path: string): Promise<Identity> {
  return parseIdentity(nodePrimitives, await readPrivate(path), path);
}

/**
 * Writes an identity file that only its owner can read. It never replaces a file: losing the seed means losing the
 * identity.
 * @throws CairnError `config-invalid` if the file exists, `folder-unwritable` if it cannot be created
 */
export async function writeIdentity(path: string, identity: Identity): Promise<void> {
  await createPrivate(path, unsafeIdentityText(identity));
}

/**
 * Records in an identity file that a file remembers its rounds. If that is already recorded, nothing is written.
 * @throws CairnError whatever `readIdentity` throws, `folder-unwritable`
 */
export async function noteRounds(path: string): Promise<void> {
  const identity = await readIdentity(path);
  try {
    if (identity.rounds !== true) await replacePrivate(path, unsafeIdentityText({ ...identity, rounds: true }));
  } finally {
    identity.keys.secretKey.wipe();
  }
}

/** Whether an identity file says that a file remembers its rounds. @throws CairnError whatever `readIdentity` throws */
export async function roundsNoted(path: string): Promise<boolean> {
  const { keys, rounds } = await readIdentity(path);
  keys.secretKey.wipe();
  return rounds === true;
}
