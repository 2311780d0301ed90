import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CairnError } from '../protocol/errors.ts';
import { findLock, type FoundLock, hostOf, isGone } from './found-lock.ts';
import { type Holder, thisProcess } from './holder.ts';
import { QuietTime } from './quiet.ts';

/** How a lock is waited for and kept; times in milliseconds. */
export interface LockOptions {
  /** Whether to wait for a holder that lives; otherwise it is refused at once. Default: true. */
  readonly wait?: boolean;
  /** Between two signs of life of a holder. */
  readonly signMs?: number;
  /**
   * Without a sign for so long, a holder whose life cannot be told otherwise counts as gone. Who waits watches for signs
   * for so long itself; who does not goes by the file's age.
   */
  readonly staleMs?: number;
  /** Until somebody who waits gives up; more than `staleMs`. */
  readonly patienceMs?: number;
  /** Whether versions whose locks name a process by its id and host alone gave signs of life. Default: true. */
  readonly earlierSigns?: boolean;
  /** Who takes the lock. Default: this process. */
  readonly holder?: Holder;
  /** Makes the error for a lock that is held by another. Default: `folder-unwritable`, with a hint for clients. */
  readonly taken?: (path: string, by: LockHolder | undefined) => CairnError;
  /** Makes the error for a lock that cannot be made, from Node's. Default: `folder-unwritable`, naming the lock. */
  readonly refuse?: (cause: unknown) => CairnError;
}

/** Who holds a lock, for people. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
}

/** A lock that is held while work is done. */
export interface HeldLock {
  /**
   * To be called before what the lock is for is written.
   * @throws CairnError `lock-lost` where another process has taken the lock over: this one had hung
   */
  assertHeld(): Promise<void>;
}

/** A lock that is held until it is given free, or until this process ends. */
export interface FileLock extends HeldLock {
  /**
   * Gives the lock free; a second call does nothing more.
   * @returns false where it was another's already
   * @throws CairnError `folder-unwritable`; the lock then ends with this process
   */
  release(): Promise<boolean>;
}

const RETRY_MS = 10;

type Settings = Required<LockOptions>;

async function settingsOf(path: string, options: LockOptions): Promise<Settings> {
  return {
    wait: true,
    signMs: 2000,
    staleMs: 20_000,
    patienceMs: 30_000,
    earlierSigns: true,
    holder: options.holder ?? (await thisProcess()),
    taken: heldBy,
    refuse: (cause) => new CairnError('folder-unwritable', `${path}: ${(cause as Error).message}`, { cause }),
    ...options,
  };
}

const heldBy = (path: string, by: LockHolder | undefined): CairnError =>
  new CairnError(
    'folder-unwritable',
    `${path} is held by another process${by === undefined ? '' : `, with process id ${by.pid}`}`,
    { hint: 'stop the other client with this identity; if there is none, delete the file' },
  );

/**
 * Takes a lock, which is a file at a path.
 *
 * A holder that is known to live keeps its lock however slow it is, a stopped one too; the lock of one that is known to be
 * dead is taken over at once, and so is one from before the machine was started, where that can be known (see
 * earlier-boot.ts). Of a holder on another machine or in another container neither is known: it loses the lock
 * when it has given no sign for `staleMs`. Should it wake then, {@link HeldLock.assertHeld} and the release say so.
 *
 * Only one can take a stale lock over: the right to do so is a lock itself, named by the one token of what it replaces,
 * and its holder looks again before it puts its own in that place. A release needs the same right, so that nothing is
 * removed but the holder's own.
 * @throws CairnError what `taken` makes where somebody else keeps it, what `refuse` makes where it cannot be made
 */
export async function lockFile(path: string, options: LockOptions = {}): Promise<FileLock> {
  return take(path, await settingsOf(path, options));
}

/**
 * Does work on a file while no other process does work on it under the same lock, a {@link lockFile} beside it.
 * @throws CairnError `folder-unwritable` where the lock cannot be made, or somebody keeps it; `lock-lost` where it was
 * taken over meanwhile; and what the work throws
 */
export async function locked<Result>(
  path: string,
  work: (lock: HeldLock) => Promise<Result>,
  options: LockOptions = {},
): Promise<Result> {
  const lockPath = `${path}.lock`;
  const lock = await lockFile(lockPath, options);
  let result: Result;
  try {
    result = await work(lock);
  } catch (thrown) {
    // What went wrong first is what is told.
    await lock.release().catch(() => false);
    throw thrown;
  }
  if (!(await lock.release())) throw lost(lockPath);
  return result;
}

/** Locks that this process holds: they end with it. */
const held = new Set<Lock>();

const endAll = (): void => {
  for (const lock of held) lock.end();
};

/** A lock of this process. */
class Lock implements FileLock {
  readonly path: string;
  readonly text: string;
  readonly #file: FileHandle;
  readonly #settings: Settings;
  readonly #signs: NodeJS.Timeout;
  #released: Promise<boolean> | undefined;

  constructor(path: string, text: string, file: FileHandle, settings: Settings) {
    this.path = path;
    this.text = text;
    this.#file = file;
    this.#settings = settings;
    // By the open file and not by its name, which may be another's lock by now.
    const sign = (): void => void file.utimes(new Date(), new Date()).catch(() => undefined);
    this.#signs = setInterval(sign, settings.signMs).unref();
    // One listener for all of them: a process may hold many, and Node warns of more than ten.
    if (held.size === 0) process.on('exit', endAll);
    held.add(this);
  }

  async assertHeld(): Promise<void> {
    if (!(await this.#isHeld())) throw lost(this.path);
  }

  release(): Promise<boolean> {
    this.#released ??= this.#release();
    return this.#released;
  }

  async #release(): Promise<boolean> {
    // Whoever has lost the lock needs no right to leave it alone; the folder may be gone altogether.
    if (!(await this.#isHeld())) return this.drop();
    const right = await take(rightTo(this.path, this.text), { ...this.#settings, wait: true });
    try {
      return await this.drop();
    } finally {
      await right.drop();
    }
  }

  /** The same without the right to it: for the rights themselves, of which no sign is missed while a file is renamed. */
  async drop(): Promise<boolean> {
    clearInterval(this.#signs);
    held.delete(this);
    if (held.size === 0) process.off('exit', endAll);
    await this.#file.close();
    if (!(await this.#isHeld())) return false;
    await rm(this.path, { force: true });
    return true;
  }

  /** The same while the process ends, when nothing can be awaited. A lock that cannot be removed is a dead process's. */
  end(): void {
    try {
      if (readFileSync(this.path, 'utf8') === this.text) rmSync(this.path, { force: true });
    } catch {
      // It is gone, or another will take it over.
    }
  }

  async #isHeld(): Promise<boolean> {
    return (await look(this.path, this.#settings))?.text === this.text;
  }
}

/** The lock by which one process alone may replace or remove another lock. */
const rightTo = (path: string, text: string): string =>
  `${path}.${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;

const lost = (path: string): CairnError =>
  new CairnError('lock-lost', `${path} was taken over by another process, since this one gave no sign of life`);

async function look(path: string, { refuse }: Settings): Promise<FoundLock | undefined> {
  try {
    return await findLock(path);
  } catch (cause) {
    throw refuse(cause);
  }
}

/** Where the system does not tell a process from a later one of its id, this process still knows its own locks. */
const isOurs = ({ text }: FoundLock): boolean => [...held].some((lock) => lock.text === text);

async function take(path: string, settings: Settings): Promise<Lock> {
  const text = JSON.stringify({ token: randomUUID(), ...settings.holder });
  const quiet = new QuietTime();
  const end = performance.now() + settings.patienceMs;
  for (;;) {
    const found = await look(path, settings);
    if (found === undefined) {
      const file = await place(path, text, link, settings);
      if (file !== undefined) return new Lock(path, text, file, settings);
    } else if (!isOurs(found) && (await isGone(found, quiet, settings))) {
      const file = await replace(path, found.text, text, settings);
      if (file !== undefined) return new Lock(path, text, file, settings);
    } else if (!settings.wait) throw taken(path, found, settings);
    if (performance.now() > end) throw taken(path, found, settings);
    await sleep(RETRY_MS);
  }
}

function taken(path: string, found: FoundLock | undefined, settings: Settings): CairnError {
  const holder = found?.holder;
  return settings.taken(path, holder && { pid: holder.pid, host: hostOf(holder) });
}

/** @returns undefined where somebody else has put a lock there, or where the stale one is gone */
async function replace(path: string, stale: string, text: string, settings: Settings): Promise<FileHandle | undefined> {
  const right = await take(rightTo(path, stale), { ...settings, wait: true });
  try {
    // It was found stale before there was a right to replace it.
    if ((await look(path, settings))?.text !== stale) return undefined;
    return await place(path, text, rename, settings);
  } finally {
    await right.drop();
  }
}

/**
 * Puts a lock in its place, whole or not at all.
 * @returns its open file; undefined where `how` does not replace what is there
 * @throws CairnError what `refuse` makes
 */
async function place(
  path: string,
  text: string,
  how: typeof link,
  { refuse }: Settings,
): Promise<FileHandle | undefined> {
  const temporary = `${path}.${randomUUID()}`;
  let file: FileHandle | undefined;
  try {
    file = await open(temporary, 'wx', 0o600);
    await file.writeFile(text);
    await how(temporary, path);
    return file;
  } catch (cause) {
    await file?.close();
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw refuse(cause);
  } finally {
    await rm(temporary, { force: true });
  }
}
