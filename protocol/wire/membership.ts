import { CairnError } from '../errors.ts';
import type { MemberId } from '../ids.ts';
import type { DirectoryEntry, SignedDirectory } from './directory.ts';

/**
 * A directory found valid at a certain time. Membership in a round is judged at one moment, so that no membership ends
 * in the middle of it.
 */
export interface MemberDirectory extends SignedDirectory {
  /** The time at which its members are judged: seconds since 1970 (UTC). */
  readonly now: number;
}

const dateOf = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000', '');

/**
 * A directory as of a given time.
 * @param now seconds since 1970 (UTC)
 * @throws CairnError `directory-expired`
 */
export function directoryAt(directory: SignedDirectory, now: number): MemberDirectory {
  if (now > directory.notAfter) {
    throw new CairnError(
      'directory-expired',
      `the member directory with serial number ${directory.serial} was valid until ${dateOf(directory.notAfter)}`,
    );
  }
  return { ...directory, now };
}

/**
 * The entry of a member that may take part in a task at the directory's time.
 * @throws CairnError `identity-unknown`, `identity-expired`, `identity-not-allowed`, each naming the member as culprit
 */
export function entryFor(directory: MemberDirectory, member: MemberId, task: string): DirectoryEntry {
  const entry = directory.entries.get(member);
  const culprits = [member];
  if (entry === undefined) {
    throw new CairnError('identity-unknown', `member ${member} is not in the directory`, { culprits });
  }
  if (directory.now > entry.notAfter) {
    const text = `the enrolment of member ${member} ended ${dateOf(entry.notAfter)}`;
    throw new CairnError('identity-expired', text, { culprits });
  }
  if (entry.tasks.length > 0 && !entry.tasks.includes(task)) {
    const text = `member ${member} is not enrolled for task "${task}"`;
    throw new CairnError('identity-not-allowed', text, { culprits });
  }
  return entry;
}
