import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CairnError } from '../protocol/errors.ts';
import { findLock, type FoundLock, hostOf, isGone } from './found-lock.ts';
import { type Holder, thisProcess } from './holder.ts';
import { QuietTime } from './quiet.ts';

/** How to wait for a lock and keep it; times in milliseconds. */
export interface LockOptions {
  /** Whether to wait for a living holder; otherwise the lock is refused at once. Default: true. */
  readonly wait?: boolean;
  /** Time between two signs of life of a holder. */
  readonly signMs?: number;
  /**
   * After this time without a sign, a holder of unknown state counts as gone. A process that waits watches for signs
   * itself for that long; one that does not goes by the file's age.
   */
  readonly staleMs?: number;
  /** Time after which a waiting process gives up; more than `staleMs`. */
  readonly patienceMs?: number;
  /** Whether versions whose locks identify a process only by id and host gave signs of life. Default: true. */
  readonly earlierSigns?: boolean;
  /** The process that takes the lock. Default: this one. */
  readonly holder?: Holder;
  /** Makes the error for a lock that is held by another. Default: `folder-unwritable`, with a hint for clients. */
  readonly taken?: (path: string, by: LockHolder | undefined) => CairnError;
  /** Makes the error for a lock that cannot be created, from Node's. Default: `folder-unwritable`, naming the lock. */
  readonly refuse?: (cause: unknown) => CairnError;
}

/** The holder of a lock, for display. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
}

/** A lock that is held while work is done. */
export interface HeldLock {
  /**
   * To be called before writing what the lock protects.
   * @throws CairnError `lock-lost` if another process has taken the lock over, because this one had hung
   */
  assertHeld(): Promise<void>;
}

/** A lock that is held until it is released, or until this process ends. */
export interface FileLock extends HeldLock {
  /**
   * Releases the lock; a second call does nothing.
   * @returns false if it was already another's
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
    { hint: 'stop the other client with this identity; if none is running, delete the file' },
  );

/**
 * Takes a lock, which is a file at a path.
 *
 * A holder that is known to be alive keeps its lock however slow it is, even if stopped; the lock of one that is known
 * to be dead is taken over at once, and so is one from before the machine was started, if that can be known (see
 * earlier-boot.ts). For a holder on another machine or in another container neither is known: it loses the lock when it
 * has given no sign for `staleMs`. If it wakes up later, {@link HeldLock.assertHeld} and the release report it.
 *
 * Only one process can take over a stale lock: the right to do so is itself a lock, named by the unique token of the
 * lock that it replaces, and its holder checks again before it puts its own in place. A release needs the same right,
 * so that only the holder's own lock is removed.
 * @throws CairnError what `taken` makes if another process keeps it, what `refuse` makes if it cannot be created
 */
export async function lockFile(path: string, options: LockOptions = {}): Promise<FileLock> {
  return take(path, await settingsOf(path, options));
}

/**
 * Does work on a file while no other process works on it under the same lock, a {@link lockFile} next to it.
 * @throws CairnError `folder-unwritable` if the lock cannot be created, or another process keeps it; `lock-lost` if it
 * was taken over meanwhile; and what the work throws
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
    // The first error is the one to report.
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
    // Through the open file and not its name, which may be another's lock by now.
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
    // A process that has lost the lock needs no right to leave it alone; the folder itself may be gone.
    if (!(await this.#isHeld())) return this.drop();
    const right = await take(rightTo(this.path, this.text), { ...this.#settings, wait: true });
    try {
      return await this.drop();
    } finally {
      await right.drop();
    }
  }

  /**
   * The same without the right to it: for the rights themselves, whose signs are not missed while a file is renamed.
   */
  async drop(): Promise<boolean> {
    clearInterval(this.#signs);
    held.delete(this);
    if (held.size === 0) process.off('exit', endAll);
    await this.#file.close();
    if (!(await this.#isHeld())) return false;
    await rm(this.path, { force: true });
    return true;
  }

  /**
   * The same while the process ends, when nothing can be awaited. A lock that cannot be removed counts as a dead
   * process's.
   */
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

/** The lock that lets only one process replace or remove another lock. */
const rightTo = (path: string, text: string): string =>
  `${path}.${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;

const lost = (path: string): CairnError =>
  new CairnError('lock-lost', `${path} was taken over by another process because this one gave no sign of life`);

async function look(path: string, { refuse }: Settings): Promise<FoundLock | undefined> {
  try {
    return await findLock(path);
  } catch (cause) {
    throw refuse(cause);
  }
}

/** If the system cannot distinguish a process from a later one with its id, this process still knows its own locks. */
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

/** @returns undefined if another process has put a lock there, or if the stale one is gone */
async function replace(path: string, stale: string, text: string, settings: Settings): Promise<FileHandle | undefined> {
  const right = await take(rightTo(path, stale), { ...settings, wait: true });
  try {
    // It was found stale before this process had the right to replace it.
    if ((await look(path, settings))?.text !== stale) return undefined;
    return await place(path, text, rename, settings);
  } finally {
    await right.drop();
  }
}

/**
 * Puts a lock in its place, whole or not at all.
 * @returns its open file; undefined if `how` does not replace an existing file
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
