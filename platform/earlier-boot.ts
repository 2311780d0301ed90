import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The initial process id namespace has the same number in every Linux kernel; no container is in it. */
const FIRST_SPACE = 'pid:[4026531836]';

/**
 * File systems that only one running kernel can have mounted: ext2 to ext4, XFS, Btrfs and F2FS, by their types in
 * statfs(2).
 */
const OF_ONE_KERNEL: ReadonlySet<number> = new Set([0xef53, 0x58465342, 0x9123683e, 0xf2f52010]);

const BOOT = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Whether a machine is this one before its last restart, so that all of its processes from then are dead.
 *
 * The same name and another boot id do not prove it: another machine may have the name, and sibling containers, each
 * with its own boot id (LXC makes them up), may share a folder. Nor do times, if clocks are set while a machine starts.
 * It is certain if both processes are in a kernel's initial process id namespace, not in a container, and the file
 * system can only be mounted by one kernel at a time: now by ours, and so no longer by the other one's. Network file
 * systems, those passed into virtual machines, overlays and all others that are not listed prove nothing.
 * @param machine as in {@link Holder}; `own` is this one's
 * @param fileSystem the type of the file system on which it left a trace, as in statfs(2)
 */
export function isEarlierBoot(machine: string, own: string, fileSystem: number): boolean {
  const [[host, boot = '', space, ...more], [ownHost, ownBoot = '', ownSpace]] = [machine.split(' '), own.split(' ')];
  if (more.length > 0 || host !== ownHost || space !== FIRST_SPACE || ownSpace !== FIRST_SPACE) return false;
  return BOOT.test(boot) && BOOT.test(ownBoot) && boot !== ownBoot && OF_ONE_KERNEL.has(fileSystem);
}

/** The type of the file system that a file's folder is on, as in statfs(2); 0 if the system does not reveal it. */
export const fileSystemOf = (path: string): Promise<number> =>
  statfs(dirname(path)).then(
    ({ type }) => type,
    () => 0,
  );
