import { join } from 'node:path';
import { writeIdentity } from '../../client/enrolment/index.ts';
import { writeAtomically } from '../../platform/index.ts';
import { generateIdentity, systemRandom, toHex } from '../../protocol/crypto/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/index.ts';
import { memberId } from '../../protocol/ids.ts';
import { type DirectoryEntry, signDirectory } from '../../protocol/wire/index.ts';

/** Seconds for which the demonstration's members are enrolled: no run takes that long. */
const LIFETIME = 30 * 86_400;

/** Paths of the demonstration's directory and identities. */
export interface DemoIdentities {
  /** The signed member directory, and the authority's public key in hex. */
  readonly directory: { readonly file: string; readonly authorityKey: string };
  /** Path of a member's identity file. */
  fileOf(member: number): string;
}

/** Name of a member, for display. */
export const memberName = (member: number): string => `client-${member}`;

/**
 * Creates an authority, an identity for each of members 1 … n, and the directory that the authority signs. The
 * authority's secret key exists only during this call: no member can be added to the directory later.
 * @throws CairnError `folder-unwritable`, and `config-invalid` if an identity exists already
 */
export async function makeIdentities(folder: string, n: number): Promise<DemoIdentities> {
  const authority = generateIdentity(nodePrimitives, systemRandom);
  const fileOf = (member: number): string => join(folder, `${memberName(member)}.identity.json`);
  const issued = Math.floor(Date.now() / 1000);
  const dates = { serial: 1, issued, notAfter: issued + LIFETIME };
  const entries: DirectoryEntry[] = [];
  for (let id = 1; id <= n; id++) {
    const keys = generateIdentity(nodePrimitives, systemRandom);
    await writeIdentity(fileOf(id), { member: id, name: memberName(id), keys, authorityKey: authority.publicKey });
    keys.secretKey.wipe();
    const name = memberName(id);
    entries.push({ member: memberId(id), name, identityKey: keys.publicKey, notAfter: dates.notAfter, tasks: [] });
  }
  const file = join(folder, 'members.directory');
  await writeAtomically(file, signDirectory(nodePrimitives, authority, dates, entries));
  authority.secretKey.wipe();
  return { directory: { file, authorityKey: toHex(authority.publicKey) }, fileOf };
}
