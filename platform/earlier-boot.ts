import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The space of process ids that a Linux kernel begins with has one number in all of them; no container is in it. */
const FIRST_SPACE = 'pid:[4026531836]';

/** File systems that one running kernel alone can have mounted: ext2 to ext4, XFS, Btrfs and F2FS, as statfs(2) has them. */
const OF_ONE_KERNEL: ReadonlySet<number> = new Set([0xef53, 0x58465342, 0x9123683e, 0xf2f52010]);

const BOOT = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Whether a machine is this one before it was last started, so that every process of that time is dead.
 *
 * A name and another boot do not say so: another machine may have the name, and siblings among containers, each with a
 * boot of its own (LXC makes them up), may share a folder. Times do not say it either, where clocks are set while a
 * machine starts. It is sure where both processes are in the first space of ids of a kernel, and not in a container, and
 * the file system can only be mounted by one kernel at a time: now by ours, and so no longer by that other one's. Network
 * file systems, those handed into virtual machines, overlays and all others that are not listed prove nothing.
 * @param machine as {@link Holder} has it; `own` is this one's
 * @param fileSystem the type of the file system on which it left a trace, as statfs(2) has it
 */
export function isEarlierBoot(machine: string, own: string, fileSystem: number): boolean {
  const [[host, boot = '', space, ...more], [ownHost, ownBoot = '', ownSpace]] = [machine.split(' '), own.split(' ')];
  if (more.length > 0 || host !== ownHost || space !== FIRST_SPACE || ownSpace !== FIRST_SPACE) return false;
  return BOOT.test(boot) && BOOT.test(ownBoot) && boot !== ownBoot && OF_ONE_KERNEL.has(fileSystem);
}

/** The type of the file system that a file's folder is on, as statfs(2) has it; 0 where the system does not tell. */
export const fileSystemOf = (path: string): Promise<number> =>
  statfs(dirname(path)).then(
    ({ type }) => type,
    () => 0,
  );
