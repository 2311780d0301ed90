import { join } from 'node:path';
import { type FileLock, lockFile, replacePublic } from '../../platform/index.ts';
import type { KeyPair } from '../../protocol/crypto/index.ts';
import { nodePrimitives } from '../../protocol/crypto/node/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import {
  type DirectoryDates,
  type DirectoryEntry,
  openDirectory,
  signDirectory,
  type SignedDirectory,
} from '../../protocol/wire/index.ts';
import { days, type Term } from './term.ts';
import { createAuthority, directoryFile, openAuthority, readDirectory } from './authority.ts';

/** Seconds since 1970 (UTC). */
export const secondsNow = (): number => Math.floor(Date.now() / 1000);

/** How a directory is signed again. */
export interface Resigning {
  readonly folder: string;
  /** How long the new directory is valid. Default: as long as the previous one. */
  readonly valid?: Term;
  /** Minimum serial number of the new one. Default: the next after the last. */
  readonly serial?: number;
}

/**
 * Makes an authority and its first directory, which has no members.
 * @throws CairnError `config-invalid` if there is an authority already, `folder-unwritable`
 */
export async function found(
  folder: string,
  valid: Term,
): Promise<SignedDirectory & { readonly authorityKey: Uint8Array }> {
  const authority = await createAuthority(folder);
  const now = secondsNow();
  const dates = { serial: 1, issued: now, notAfter: valid(now) };
  try {
    return { ...(await publish(folder, authority, dates, [])), authorityKey: authority.publicKey };
  } finally {
    authority.secretKey.wipe();
  }
}

/**
 * Changes the members: reads the directory, changes it and signs it with a greater serial number, one process at a
 * time.
 * @param change from the members before to the members after
 * @throws CairnError what `change` throws, `folder-unwritable` if another process is changing it, `lock-lost`, and what
 * reading throws
 */
export async function resign(
  { folder, valid, serial = 0 }: Resigning,
  change: (
    members: ReadonlyMap<MemberId, DirectoryEntry>,
    now: number,
    authorityKey: Uint8Array,
  ) => Iterable<DirectoryEntry>,
): Promise<SignedDirectory> {
  const authority = await openAuthority(folder);
  const lock = await lockDirectory(folder).catch((thrown: unknown) => {
    authority.secretKey.wipe();
    throw thrown;
  });
  try {
    const before = await readDirectory(folder, authority.publicKey);
    const now = secondsNow();
    if (serial > 0 && serial <= before.serial) {
      throw new CairnError('usage', `--serial ${serial} is not greater than the current one, ${before.serial}`);
    }
    const dates = {
      serial: Math.max(before.serial + 1, serial),
      issued: now,
      notAfter: (valid ?? days((before.notAfter - before.issued) / 86_400))(now),
    };
    const entries = [...change(before.entries, now, authority.publicKey)];
    await lock.assertHeld();
    return await publish(folder, authority, dates, entries);
  } finally {
    authority.secretKey.wipe();
    await lock.release();
  }
}

async function publish(
  folder: string,
  authority: KeyPair,
  dates: DirectoryDates,
  entries: readonly DirectoryEntry[],
): Promise<SignedDirectory> {
  const signed = signDirectory(nodePrimitives, authority, dates, entries);
  await replacePublic(directoryFile(folder), signed);
  return openDirectory(nodePrimitives, authority.publicKey, signed);
}

/** A command on another machine, whose clock may be minutes off, loses its lock after this long without renewing it. */
const STALE_MS = 300_000;

/** Two processes at once would sign two directories under one serial number. */
function lockDirectory(folder: string): Promise<FileLock> {
  const path = join(folder, 'members.lock');
  return lockFile(path, {
    wait: false,
    staleMs: STALE_MS,
    taken: () =>
      new CairnError('folder-unwritable', `another command is changing the directory in ${folder}`, {
        hint: `wait until it ends; if none is running, one was interrupted: remove ${path}`,
      }),
  });
}
