import { equalBytes } from '../protocol/crypto/index.ts';
import { asCairnError, CairnError } from '../protocol/errors.ts';
import type { MemberId } from '../protocol/ids.ts';
import { directoryAt, type DirectoryEntry, entryFor, type MemberDirectory } from '../protocol/wire/index.ts';
import type { LoadedDirectory } from './directory.ts';

/** Decides who may take part in which task, by the member directory in force at the time of the call. */
export class MemberRegistry {
  #loaded: LoadedDirectory | undefined;
  readonly #open: ReadonlySet<string>;
  readonly #clock: () => number;

  /**
   * @param loaded undefined if no member is enrolled
   * @param open tasks that any client may take part in, enrolled or not
   * @param clock seconds since 1970 (UTC)
   */
  constructor(loaded: LoadedDirectory | undefined, open: Iterable<string>, clock: () => number) {
    this.#loaded = loaded;
    this.#open = new Set(open);
    this.#clock = clock;
  }

  /**
   * Switches to a newer directory; the same one again changes nothing.
   * @returns the members that are no longer in it, or have another key; undefined if nothing changed
   * @throws CairnError `directory-rolled-back`
   */
  replace(loaded: LoadedDirectory): MemberId[] | undefined {
    const before = this.#loaded?.directory;
    const { serial, entries, hash } = loaded.directory;
    if (before !== undefined && equalBytes(before.hash, hash)) return undefined;
    if (before !== undefined && serial <= before.serial) {
      throw new CairnError('directory-rolled-back', `directory ${serial} is not newer than ${before.serial}`, {
        hint: 'have the authority sign one with a higher serial number (cairn enrol renew)',
      });
    }
    this.#loaded = loaded;
    const kept = ({ member, identityKey }: DirectoryEntry): boolean => {
      const entry = entries.get(member);
      return entry !== undefined && equalBytes(entry.identityKey, identityKey);
    };
    return [...(before?.entries.values() ?? [])].filter((entry) => !kept(entry)).map(({ member }) => member);
  }

  /** The directory as it was signed. */
  get signed(): Uint8Array | undefined {
    return this.#loaded?.signed;
  }

  /** The last second in which the directory is valid; undefined without a directory. */
  get notAfter(): number | undefined {
    return this.#loaded?.directory.notAfter;
  }

  /** Number of members in the directory; 0 without a directory. */
  get size(): number {
    return this.#loaded?.directory.entries.size ?? 0;
  }

  /** The highest id in the directory; 0 without a directory. */
  get greatest(): number {
    return [...(this.#loaded?.directory.entries.keys() ?? [])].reduce((a, b) => Math.max(a, b), 0);
  }

  /** Whether the directory has this id, with whatever status. */
  has(member: MemberId): boolean {
    return this.#loaded?.directory.entries.has(member) ?? false;
  }

  /** A member's name in the directory. */
  nameOf(member: MemberId): string | undefined {
    return this.#loaded?.directory.entries.get(member)?.name;
  }

  /** Whether a task accepts any client. */
  isOpen(task: string): boolean {
    return this.#open.has(task);
  }

  /** The directory in force; undefined if there is none. @throws CairnError `directory-expired` */
  current(): MemberDirectory | undefined {
    return this.#loaded === undefined ? undefined : directoryAt(this.#loaded.directory, this.#clock());
  }

  /**
   * Checks members of the directory for one task, all as of the same moment.
   * @returns why a member may not take part, or undefined if it may
   */
  judge(task: string): (member: MemberId) => CairnError | undefined {
    const directory = attempt(() => this.current());
    if (directory.error !== undefined) return () => directory.error;
    const { value } = directory;
    if (value === undefined) return () => undefined;
    return (member) => attempt(() => entryFor(value, member, task)).error;
  }

  /** Members of the directory that may take part in a task, ascending; undefined if there are more than `most`. */
  enrolledFor(task: string, most: number): MemberId[] | undefined {
    const entries = this.#loaded?.directory.entries;
    if (entries === undefined || entries.size > most) return undefined;
    const refusal = this.judge(task);
    return [...entries.keys()].filter((member) => refusal(member) === undefined).sort((a, b) => a - b);
  }

  /** Checks seated members and guests for one task, all as of the same moment. */
  admitted(task: string): (occupant: { readonly kind: 'member' | 'guest'; readonly member: MemberId }) => boolean {
    const refusal = this.judge(task);
    return ({ kind, member }) => (kind === 'guest' ? this.isOpen(task) : refusal(member) === undefined);
  }
}

function attempt<Value>(work: () => Value): { readonly value?: Value; readonly error?: CairnError } {
  try {
    return { value: work() };
  } catch (thrown) {
    return { error: asCairnError(thrown) };
  }
}
