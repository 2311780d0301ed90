import { type MemberId, memberId } from '../../protocol/ids.ts';
import type { DirectoryDates, DirectoryEntry } from '../../protocol/wire/directory.ts';

const NOW = Math.floor(Date.now() / 1000);

/** Dates of a directory that holds for an hour from now. */
export const LASTING: DirectoryDates = { serial: 1, issued: NOW, notAfter: NOW + 3600 };

/** An entry that holds as long, for all tasks. */
export const enrolled = (
  member: number,
  identityKey: Uint8Array,
  change: Partial<Omit<DirectoryEntry, 'member' | 'identityKey'>> = {},
): DirectoryEntry & { readonly member: MemberId } => ({
  member: memberId(member),
  name: `member-${member}`,
  identityKey,
  notAfter: LASTING.notAfter,
  tasks: [],
  ...change,
});
