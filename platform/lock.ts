import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { CairnError } from '../protocol/errors.ts';
import { type Holder, lifeOf, thisProcess } from './holder.ts';
import { QuietTime } from './quiet.ts';

/** How a lock is waited for and kept, in milliseconds. */
export interface LockOptions {
  /** Between two signs of life of a holder. */
  readonly signMs?: number;
  /** Without a sign for so long, a holder whose life cannot be told otherwise counts as gone. */
  readonly staleMs?: number;
  /** Until somebody who waits gives up; more than `staleMs`. */
  readonly patienceMs?: number;
  /** Who takes the lock. Default: this process. */
  readonly holder?: Holder;
}

/** A lock that is held while work is done. */
export interface HeldLock {
  /**
   * To be called before what the lock is for is written.
   * @throws CairnError `lock-lost` where another process has taken the lock over: this one had hung
   */
  assertHeld(): Promise<void>;
}

const DEFAULTS = { signMs: 2000, staleMs: 20_000, patienceMs: 30_000 };
const RETRY_MS = 10;

const format = z.object({ token: z.string(), pid: z.int(), machine: z.string(), started: z.string() });

const codeOf = (thrown: unknown): string | undefined => (thrown as NodeJS.ErrnoException).code;

type Settings = Required<LockOptions>;

/**
 * Does work on a file while no other process does work on it under the same lock, which is a file beside it.
 *
 * A holder that is known to live keeps its lock however slow it is, a stopped one too; the lock of one that is known to be
 * dead is taken over at once. Of a holder on another machine or in another container neither is known: it loses the lock
 * when it has given no sign for `staleMs`. Should it wake then, {@link HeldLock.assertHeld} and the end of the work say so.
 *
 * Only one can take a stale lock over: the right to do so is a lock itself, named by the one token of what it replaces,
 * and its holder looks again before it puts its own in that place. A release needs the same right, so that nothing is
 * removed but the holder's own.
 * @throws CairnError `folder-unwritable` where the lock cannot be made, or somebody keeps it; `lock-lost` where it was
 * taken over meanwhile; and what the work throws
 */
export async function locked<Result>(
  path: string,
  work: (lock: HeldLock) => Promise<Result>,
  options: LockOptions = {},
): Promise<Result> {
  const settings: Settings = { ...DEFAULTS, holder: options.holder ?? (await thisProcess()), ...options };
  const lock = await take(`${path}.lock`, settings);
  let result: Result;
  try {
    result = await work(lock);
  } catch (thrown) {
    // What went wrong first is what is told.
    await lock.release().catch(() => false);
    throw thrown;
  }
  if (!(await lock.release())) throw lost(lock.path);
  return result;
}

/** A lock of this process. */
class Lock implements HeldLock {
  readonly path: string;
  readonly #text: string;
  readonly #file: FileHandle;
  readonly #settings: Settings;
  readonly #signs: NodeJS.Timeout;

  constructor(path: string, text: string, file: FileHandle, settings: Settings) {
    this.path = path;
    this.#text = text;
    this.#file = file;
    this.#settings = settings;
    // By the open file and not by its name, which may be another's lock by now.
    const sign = (): void => void file.utimes(new Date(), new Date()).catch(() => undefined);
    this.#signs = setInterval(sign, settings.signMs).unref();
  }

  async assertHeld(): Promise<void> {
    if (!(await this.#isHeld())) throw lost(this.path);
  }

  /** Gives the lock free. @returns false where it was another's already */
  async release(): Promise<boolean> {
    const right = await take(rightTo(this.path, this.#text), this.#settings);
    try {
      return await this.drop();
    } finally {
      await right.drop();
    }
  }

  /** The same without the right to it: for the rights themselves, of which no sign is missed while a file is renamed. */
  async drop(): Promise<boolean> {
    clearInterval(this.#signs);
    await this.#file.close();
    if (!(await this.#isHeld())) return false;
    await rm(this.path, { force: true });
    return true;
  }

  async #isHeld(): Promise<boolean> {
    return (await look(this.path))?.text === this.#text;
  }
}

/** The lock by which one process alone may replace or remove another lock. */
const rightTo = (path: string, text: string): string =>
  `${path}.${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;

const lost = (path: string): CairnError =>
  new CairnError('lock-lost', `${path} was taken over by another process, since this one gave no sign of life`);

async function take(path: string, settings: Settings): Promise<Lock> {
  const text = JSON.stringify({ token: randomUUID(), ...settings.holder });
  const quiet = new QuietTime();
  const end = performance.now() + settings.patienceMs;
  for (;;) {
    const found = await look(path);
    if (found === undefined) {
      const file = await place(path, text, link);
      if (file !== undefined) return new Lock(path, text, file, settings);
    } else if (await isGone(found, quiet, settings)) {
      const file = await replace(path, found.text, text, settings);
      if (file !== undefined) return new Lock(path, text, file, settings);
    }
    if (performance.now() > end) {
      throw new CairnError('folder-unwritable', `${path} is held by ${nameOf(found)}`, {
        hint: 'stop the other client with this identity; if there is none, delete the file',
      });
    }
    await sleep(RETRY_MS);
  }
}

/** @returns undefined where somebody else has put a lock there, or where the stale one is gone */
async function replace(path: string, stale: string, text: string, settings: Settings): Promise<FileHandle | undefined> {
  const right = await take(rightTo(path, stale), settings);
  try {
    // It was found stale before there was a right to replace it.
    if ((await look(path))?.text !== stale) return undefined;
    return await place(path, text, rename);
  } finally {
    await right.drop();
  }
}

/**
 * Puts a lock in its place, whole or not at all.
 * @returns its open file; undefined where `how` does not replace what is there
 * @throws CairnError `folder-unwritable`
 */
async function place(path: string, text: string, how: typeof link): Promise<FileHandle | undefined> {
  const temporary = `${path}.${randomUUID()}`;
  let file: FileHandle | undefined;
  try {
    file = await open(temporary, 'wx', 0o600);
    await file.writeFile(text);
    await how(temporary, path);
    return file;
  } catch (cause) {
    await file?.close();
    if (codeOf(cause) === 'EEXIST') return undefined;
    throw unusable(path, cause);
  } finally {
    await rm(temporary, { force: true });
  }
}

interface Found {
  readonly text: string;
  readonly holder: Holder | undefined;
  /** When there was the last sign of life: milliseconds since 1970, by whose clock ever. */
  readonly signAt: number;
}

async function look(path: string): Promise<Found | undefined> {
  try {
    // Opened for each look: network file systems show what is new to whoever opens a file.
    const file = await open(path, 'r');
    try {
      const { mtimeMs } = await file.stat();
      const text = await file.readFile('utf8');
      return { text, holder: holderOf(text), signAt: mtimeMs };
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw unusable(path, cause);
  }
}

async function isGone({ text, holder, signAt }: Found, quiet: QuietTime, settings: Settings): Promise<boolean> {
  const quietMs = quiet.look(`${signAt} ${text}`, performance.now());
  // Nobody writes such a lock any more; versions that did gave no signs, and believed no old one themselves.
  if (holder === undefined) return Date.now() - signAt > settings.staleMs;
  const life = await lifeOf(holder, settings.holder);
  return life === 'dead' || (life === 'unknown' && quietMs > settings.staleMs);
}

function holderOf(text: string): Holder | undefined {
  try {
    return format.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

const nameOf = (found: Found | undefined): string =>
  found?.holder === undefined ? 'another process' : `another process, with process id ${found.holder.pid}`;

const unusable = (path: string, cause: unknown): CairnError =>
  cause instanceof CairnError
    ? cause
    : new CairnError('folder-unwritable', `${path}: ${(cause as Error).message}`, { cause });
