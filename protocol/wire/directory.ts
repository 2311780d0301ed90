import { toHex } from '../crypto/bytes.ts';
import type { Primitives } from '../crypto/primitives.ts';
import type { KeyPair } from '../crypto/keys.ts';
import { LABELS, PROTOCOL_VERSION, SIZES } from '../crypto/suite.ts';
import { transcript } from '../crypto/transcript.ts';
import { CairnError } from '../errors.ts';
import { type MemberId, memberId } from '../ids.ts';
import { LIMITS } from './limits.ts';
import { ByteReader } from './reader.ts';
import { ByteWriter } from './writer.ts';

/** One member: a number, a name for people, and the Ed25519 key that speaks for it. */
export interface DirectoryEntry {
  readonly member: MemberId;
  readonly name: string;
  readonly identityKey: Uint8Array;
}

/** The members that an authority vouches for. A client pins the authority's key, and believes no other list. */
export interface MemberDirectory {
  /** Entries by member id. */
  readonly entries: ReadonlyMap<MemberId, DirectoryEntry>;
  /** Hash that a round's settings name. */
  readonly hash: Uint8Array;
}

const LEAST_ENTRY = 4 + 2 + SIZES.key;

function encodeBody(entries: readonly DirectoryEntry[]): Uint8Array {
  const writer = new ByteWriter(64 * entries.length + 8).u8(PROTOCOL_VERSION).u32(entries.length);
  for (const { member, name, identityKey } of entries) writer.u32(member).text(name).fixed(identityKey, SIZES.key);
  return writer.finish();
}

/** Each member has an identity key of its own: two ids under one key would count as two where one holder decides. */
function assertOwnKeys(entries: Iterable<DirectoryEntry>): void {
  const owners = new Map<string, MemberId>();
  for (const { member, identityKey } of entries) {
    const key = toHex(identityKey);
    const owner = owners.get(key);
    if (owner !== undefined) {
      const culprits = [owner, member];
      throw new CairnError('key-duplicate', `directory: members ${owner} and ${member} have one identity key`, {
        culprits,
      });
    }
    owners.set(key, member);
  }
}

/**
 * Signs a directory: version, entries in ascending order of member id, and behind them the authority's signature over
 * transcript(signDirectory, body).
 * @throws CairnError `roster-order` for a member id that occurs twice, `key-duplicate` for an identity key that does
 */
export function signDirectory(
  primitives: Primitives,
  authority: KeyPair,
  members: readonly DirectoryEntry[],
): Uint8Array {
  const entries = [...members].sort((a, b) => a.member - b.member);
  const repeated = entries.find((entry, i) => i > 0 && entries[i - 1].member === entry.member);
  if (repeated !== undefined)
    throw new CairnError('roster-order', `member ${repeated.member} stands twice in the directory`);
  assertOwnKeys(entries);
  const body = encodeBody(entries);
  const signature = primitives.ed25519Sign(
    authority.secretKey.expose(),
    transcript(primitives, LABELS.signDirectory, body),
  );
  return new ByteWriter(body.length + SIZES.signature).raw(body).fixed(signature, SIZES.signature).finish();
}

/**
 * Reads a directory and checks the authority's signature before anything in it is believed.
 * @throws CairnError `directory-signature` where it is not the pinned authority's, `roster-order` for repeated or
 * unsorted members, `key-duplicate` for members with one key, `wire-…` for badly formed bytes
 */
export function openDirectory(primitives: Primitives, authorityKey: Uint8Array, signed: Uint8Array): MemberDirectory {
  if (signed.length < SIZES.signature)
    throw new CairnError('wire-truncated', `directory: ${signed.length} bytes cannot hold a signature`);
  const body = signed.subarray(0, signed.length - SIZES.signature);
  const signature = signed.subarray(signed.length - SIZES.signature);
  if (!primitives.ed25519Verify(authorityKey, transcript(primitives, LABELS.signDirectory, body), signature)) {
    throw new CairnError('directory-signature', 'the member directory is not signed by the pinned authority');
  }
  const reader = new ByteReader(body, 'directory');
  const version = reader.u8('version');
  if (version !== PROTOCOL_VERSION)
    throw new CairnError('wire-version', `directory version ${version} is not known here`);
  const count = reader.u32In('members', 0, LIMITS.members);
  if (count * LEAST_ENTRY > reader.remaining) {
    throw reader.error('wire-truncated', `${count} members do not fit the ${reader.remaining} bytes left`);
  }
  const entries = new Map<MemberId, DirectoryEntry>();
  let last = -1;
  for (let i = 0; i < count; i++) {
    const member = memberId(reader.u32('member'));
    if (member <= last) throw new CairnError('roster-order', 'directory: member ids must ascend');
    last = member;
    entries.set(member, {
      member,
      name: reader.text('name', LIMITS.name),
      identityKey: reader.raw(SIZES.key, 'identityKey').slice(),
    });
  }
  reader.end();
  assertOwnKeys(entries.values());
  return { entries, hash: transcript(primitives, LABELS.directory, body) };
}
