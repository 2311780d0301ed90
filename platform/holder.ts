import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

/** Which process holds something. */
export interface Holder {
  readonly pid: number;
  /**
   * Host, boot and space of process ids, as far as the system tells them: only there does the id mean this process. Two
   * containers with one name, or one machine before and after a restart, are told apart. Parts that the system does not
   * tell are left out; a space stands between the others.
   */
  readonly machine: string;
  /** When the process began, in the system's own count; empty where it does not tell. It tells a process from a later one of its id. */
  readonly started: string;
}

/** This process, as others can look for it. */
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
 * Whether a process lives, as seen from another one. A stopped process lives. `unknown` for processes of other machines
 * and containers, and where an id may have come back without a sign of it.
 */
export async function lifeOf(holder: Holder, seenFrom: Holder): Promise<'alive' | 'dead' | 'unknown'> {
  if (holder.machine !== seenFrom.machine) return 'unknown';
  if (!isThere(holder.pid)) return 'dead';
  if (holder.started === '') return 'unknown';
  const now = await procStat(holder.pid);
  // It ended just now; or it is another user's, whom the system tells nothing of it.
  if (now === undefined) return isThere(holder.pid) ? 'unknown' : 'dead';
  // A zombie: its parent has not asked how it ended.
  if (now.state === 'Z' || now.state === 'X') return 'dead';
  return now.started === holder.started ? 'alive' : 'dead';
}

/**
 * The same for a process that is named by its id and host alone, as earlier versions did. It counts as alive while this
 * host has a process with that id, even if it is a later one; this process would not have named itself so.
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
    // Anything else, such as EPERM, is said of a process that is there.
    return (thrown as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** State and time of start of a process, on Linux; undefined elsewhere, and where there is none. */
async function procStat(pid: number): Promise<{ readonly state: string; readonly started: string } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // proc(5): the second field is the program's name in parentheses, which may hold both spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', started: fields[19] ?? '' };
}
