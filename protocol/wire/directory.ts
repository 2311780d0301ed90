import { toHex, utf8 } from '../crypto/bytes.ts';
import type { Primitives } from '../crypto/primitives.ts';
import type { KeyPair } from '../crypto/keys.ts';
import { LABELS, SIZES } from '../crypto/suite.ts';
import { transcript } from '../crypto/transcript.ts';
import { CairnError } from '../errors.ts';
import { type MemberId, memberId } from '../ids.ts';
import { LIMITS } from './limits.ts';
import { ByteReader } from './reader.ts';
import { ByteWriter } from './writer.ts';

/** Version of a directory's format, its first byte. */
const DIRECTORY_VERSION = 2;

/** What the authority certifies about one member. */
export interface DirectoryEntry {
  readonly member: MemberId;
  /** Human-readable name. */
  readonly name: string;
  /** The Ed25519 key that represents it: 32 bytes. */
  readonly identityKey: Uint8Array;
  /** Last second of its membership, since 1970 (UTC). */
  readonly notAfter: number;
  /** Names of the tasks that it may take part in; empty means all. */
  readonly tasks: readonly string[];
}

/** Fields of a directory as a whole. Times are seconds since 1970 (UTC), as 32-bit numbers. */
export interface DirectoryDates {
  /** Higher than that of every earlier directory, from 1: it lets a client recognise an older one. */
  readonly serial: number;
  /** When it was signed: for people, since a serial number needs no clock. */
  readonly issued: number;
  /** Last second of its validity. It bounds how long a revoked member can be passed off as a current one. */
  readonly notAfter: number;
}

/**
 * The members that an authority vouches for, as it signed them. A client pins the authority's key, and trusts no other
 * list.
 */
export interface SignedDirectory extends DirectoryDates {
  /** Entries by member id. */
  readonly entries: ReadonlyMap<MemberId, DirectoryEntry>;
  /** Hash that appears in a round's settings. */
  readonly hash: Uint8Array;
}

/** Order of two names by their UTF-8 bytes: that of code points, which differs from JavaScript's string order. */
function compareNames(a: string, b: string): number {
  const [left, right] = [utf8(a), utf8(b)];
  const at = left.findIndex((byte, i) => byte !== right[i]);
  return at < 0 ? left.length - right.length : left[at]! - (right[at] ?? -1);
}

const MIN_ENTRY = 4 + 2 + SIZES.key + 4 + 1;

function encodeBody({ serial, issued, notAfter }: DirectoryDates, entries: readonly DirectoryEntry[]): Uint8Array {
  const writer = new ByteWriter(64 * entries.length + 17).u8(DIRECTORY_VERSION);
  writer.u32(serial).u32(issued).u32(notAfter).u32(entries.length);
  for (const entry of entries) {
    writer.u32(entry.member).text(entry.name).fixed(entry.identityKey, SIZES.key);
    writer.u32(entry.notAfter).u8(entry.tasks.length);
    for (const task of entry.tasks) writer.text(task);
  }
  return writer.finish();
}

/** Tasks of an entry, each once and in ascending byte order, so that a set has one encoding. */
function readTasks(reader: ByteReader): string[] {
  const tasks: string[] = [];
  const count = reader.u8In('tasks', 0, LIMITS.tasks);
  for (let i = 0; i < count; i++) {
    const task = reader.text('task', LIMITS.name);
    const last = tasks.at(-1);
    if (last !== undefined && compareNames(last, task) >= 0) {
      throw reader.error('wire-not-canonical', 'the tasks of a member must ascend');
    }
    tasks.push(task);
  }
  return tasks;
}

function readEntry(reader: ByteReader): DirectoryEntry {
  return {
    member: memberId(reader.u32('member')),
    name: reader.text('name', LIMITS.name),
    identityKey: reader.raw(SIZES.key, 'identityKey').slice(),
    notAfter: reader.u32('notAfter'),
    tasks: readTasks(reader),
  };
}

/**
 * Each member must have a distinct identity key: two ids under one key would count as two members although one holder
 * decides for both.
 */
function assertOwnKeys(entries: Iterable<DirectoryEntry>): void {
  const owners = new Map<string, MemberId>();
  for (const { member, identityKey } of entries) {
    const key = toHex(identityKey);
    const owner = owners.get(key);
    if (owner !== undefined) {
      const culprits = [owner, member];
      throw new CairnError('key-duplicate', `directory: members ${owner} and ${member} have the same identity key`, {
        culprits,
      });
    }
    owners.set(key, member);
  }
}

function readBody(primitives: Primitives, body: Uint8Array): SignedDirectory {
  const reader = new ByteReader(body, 'directory');
  const version = reader.u8('version');
  if (version !== DIRECTORY_VERSION)
    throw new CairnError('wire-version', `directory version ${version} is not known here`);
  const serial = reader.u32In('serial', 1, 0xffff_ffff);
  const issued = reader.u32('issued');
  const notAfter = reader.u32In('notAfter', issued, 0xffff_ffff);
  const count = reader.u32In('members', 0, LIMITS.members);
  if (count * MIN_ENTRY > reader.remaining) {
    throw reader.error('wire-truncated', `${count} members do not fit the ${reader.remaining} bytes left`);
  }
  const entries = new Map<MemberId, DirectoryEntry>();
  let last = -1;
  for (let i = 0; i < count; i++) {
    const entry = readEntry(reader);
    if (entry.member <= last)
      throw new CairnError('roster-order', `directory: member ${entry.member} does not come after ${last}`);
    last = entry.member;
    entries.set(entry.member, entry);
  }
  reader.end();
  assertOwnKeys(entries.values());
  return { serial, issued, notAfter, entries, hash: transcript(primitives, LABELS.directory, body) };
}

/**
 * Signs a directory: version, dates, entries in ascending order of member id with their tasks in ascending order,
 * followed by the authority's signature over transcript(signDirectory, body). Nothing is signed that could not be read
 * back.
 * @throws CairnError `roster-order` for a member id that occurs twice, `key-duplicate` for an identity key that does,
 * `wire-bounds` for a value out of bounds, `wire-not-canonical` for a task that is named twice
 */
export function signDirectory(
  primitives: Primitives,
  authority: KeyPair,
  dates: DirectoryDates,
  members: readonly DirectoryEntry[],
): Uint8Array {
  const entries = members
    .map((entry) => ({ ...entry, tasks: [...entry.tasks].sort(compareNames) }))
    .sort((a, b) => a.member - b.member);
  const body = encodeBody(dates, entries);
  readBody(primitives, body);
  const signature = primitives.ed25519Sign(
    authority.secretKey.expose(),
    transcript(primitives, LABELS.signDirectory, body),
  );
  return new ByteWriter(body.length + SIZES.signature).raw(body).fixed(signature, SIZES.signature).finish();
}

/**
 * Reads a directory and checks the authority's signature before anything in it is trusted. Whether it is valid at a
 * given time is decided by `directoryAt`.
 * @throws CairnError `directory-signature` if it is not the pinned authority's, `roster-order` for repeated or unsorted
 * members, `key-duplicate` for members with the same key, `wire-…` for malformed bytes
 */
export function openDirectory(primitives: Primitives, authorityKey: Uint8Array, signed: Uint8Array): SignedDirectory {
  if (signed.length < SIZES.signature)
    throw new CairnError('wire-truncated', `directory: ${signed.length} bytes cannot hold a signature`);
  const body = signed.subarray(0, signed.length - SIZES.signature);
  const signature = signed.subarray(signed.length - SIZES.signature);
  if (!primitives.ed25519Verify(authorityKey, transcript(primitives, LABELS.signDirectory, body), signature)) {
    throw new CairnError('directory-signature', 'the member directory is not signed by the pinned authority');
  }
  return readBody(primitives, body);
}
