import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

/** The process that holds a lock. */
export interface Holder {
  readonly pid: number;
  /**
   * Host, boot and process id namespace, as far as the system reveals them: the id means this process only there. This
   * distinguishes two containers with one name, or one machine before and after a restart. Parts that the system does not
   * reveal are left out; the namespace is between the others.
   */
  readonly machine: string;
  /**
   * When the process started, in the system's own units; empty if unknown. It distinguishes a process from a later one
   * with the same id.
   */
  readonly started: string;
}

/** This process, as other processes can find it. */
export async function thisProcess(): Promise<Holder> {
  const [boot, space, begun] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    readlink('/proc/self/ns/pid').catch(() => ''),
    procStat(process.pid),
  ]);
  const machine = [hostname(), boot.trim(), space].filter((part) => part !== '').join(' ');
  return { pid: process.pid, machine, started: begun?.started ?? '' };
}

/**
 * Whether a process is alive, as seen from another one. A stopped process is alive. `unknown` for processes on other
 * machines and in other containers, and if an id may have been reused undetectably.
 */
export async function lifeOf(holder: Holder, seenFrom: Holder): Promise<'alive' | 'dead' | 'unknown'> {
  if (holder.machine !== seenFrom.machine) return 'unknown';
  if (!isThere(holder.pid)) return 'dead';
  if (holder.started === '') return 'unknown';
  const now = await procStat(holder.pid);
  // It has just ended; or it is another user's, and the system reveals nothing about it.
  if (now === undefined) return isThere(holder.pid) ? 'unknown' : 'dead';
  // A zombie: its parent has not waited for it.
  if (now.state === 'Z' || now.state === 'X') return 'dead';
  return now.started === holder.started ? 'alive' : 'dead';
}

/**
 * The same for a process identified only by id and host, as in earlier versions. It counts as alive while this host has
 * a process with that id, even a later one; this process would not have written such a lock.
 */
export function lifeById(pid: number, host: string): 'alive' | 'dead' | 'unknown' {
  if (host !== hostname()) return 'unknown';
  return pid !== process.pid && isThere(pid) ? 'alive' : 'dead';
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // Anything else, such as EPERM, means that the process exists.
    return (thrown as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** State and start time of a process, on Linux; undefined elsewhere, or if there is none. */
async function procStat(pid: number): Promise<{ readonly state: string; readonly started: string } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // proc(5): the second field is the program's name in parentheses, which may itself contain spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', started: fields[19] ?? '' };
}
