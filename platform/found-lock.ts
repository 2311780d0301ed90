import { open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { z } from 'zod';
import { fileSystemOf, isEarlierBoot } from './earlier-boot.ts';
import { type Holder, lifeById, lifeOf } from './holder.ts';
import type { QuietTime } from './quiet.ts';

/** The content of a lock file, and the time of its holder's last sign of life. */
export interface FoundLock {
  readonly path: string;
  readonly text: string;
  /** Undefined for a text that cannot be parsed: a damaged one, or one that an earlier version was still writing. */
  readonly holder: Holder | undefined;
  /**
   * Whether it was written by a version that identified a process only by id and host; the holder's `machine` is that
   * host.
   */
  readonly isEarlier: boolean;
  /** Time of the last sign of life: milliseconds since 1970, by an unspecified clock. */
  readonly signAt: number;
}

/** How to judge a lock that was found. */
export interface Judgement {
  /** After this many milliseconds without a sign, a holder of unknown state counts as gone. */
  readonly staleMs: number;
  /** Whether there is time to watch for signs; otherwise the age of the last one decides. */
  readonly wait: boolean;
  /** Whether earlier versions gave signs of life under this lock; if not, their silence proves nothing. */
  readonly earlierSigns: boolean;
  /** The process that judges. */
  readonly holder: Holder;
}

const format = z.object({ token: z.string(), pid: z.int(), machine: z.string(), started: z.string() });
const earlierFormat = z.object({ pid: z.int(), host: z.string() });

/** The lock at a path; undefined if there is none. @throws what Node throws if it cannot be read */
export async function findLock(path: string): Promise<FoundLock | undefined> {
  try {
    // Opened each time: network file systems show changes when a file is opened.
    const file = await open(path, 'r');
    try {
      const { mtimeMs } = await file.stat();
      const text = await file.readFile('utf8');
      return { path, text, signAt: mtimeMs, ...holderOf(text) };
    } finally {
      await file.close();
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
}

/**
 * Whether a lock's holder is gone, so that the lock may be taken over.
 * @param quiet has watched the lock so far, and checks once more
 */
export async function isGone(found: FoundLock, quiet: QuietTime, judgement: Judgement): Promise<boolean> {
  const { path, text, holder, isEarlier, signAt } = found;
  const { staleMs, wait, earlierSigns } = judgement;
  const quietMs = quiet.look(`${signAt} ${text}`, performance.now());
  const age = Date.now() - signAt;
  // Such locks are no longer written; versions that did gave no signs, and ignored old ones themselves.
  if (holder === undefined) return age > staleMs;
  const life = isEarlier ? lifeById(holder.pid, holder.machine) : await lifeOf(holder, judgement.holder);
  if (life !== 'unknown') return life === 'dead';
  if (isEarlierBoot(holder.machine, judgement.holder.machine, await fileSystemOf(path))) return true;
  if (isEarlier && !earlierSigns) return false;
  return (wait ? quietMs : age) > staleMs;
}

/** The host that a holder runs on, for display. */
export const hostOf = (holder: Holder): string => holder.machine.split(' ')[0] || hostname();

function holderOf(text: string): Pick<FoundLock, 'holder' | 'isEarlier'> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { holder: undefined, isEarlier: false };
  }
  const earlier = earlierFormat.safeParse(value).data;
  if (earlier === undefined) return { holder: format.safeParse(value).data, isEarlier: false };
  return { holder: { pid: earlier.pid, machine: earlier.host, started: '' }, isEarlier: true };
}
