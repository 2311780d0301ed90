import { type Primitives, toHex } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { directoryAt, type MemberDirectory, openDirectory, type SignedDirectory } from '../../protocol/wire/index.ts';
import { Download } from '../transport/download.ts';
import type { Address } from '../transport/transport.ts';
import type { SerialMemory } from '../enrolment/serial-memory.ts';

/** Enough for a million members with long names. */
const MAX_BYTES = 2 ** 28;

/** What directories are judged by. */
export interface DirectoriesOptions {
  readonly address: Address;
  readonly primitives: Primitives;
  readonly authorityKey: Uint8Array;
  readonly serials: SerialMemory;
  /** Milliseconds before the second try of a download. */
  readonly firstPauseMs: number;
}

/** A fetched directory, and its hash in hex. */
interface HeldDirectory {
  readonly hash: string;
  readonly directory: SignedDirectory;
}

/** The member directory as signed by the pinned authority, fetched again when a round names another one. */
export class Directories {
  readonly #options: DirectoriesOptions;
  readonly #authority: string;
  #latest: HeldDirectory | undefined;

  constructor(options: DirectoriesOptions) {
    this.#options = options;
    this.#authority = toHex(options.authorityKey);
  }

  /**
   * The directory with this hash, as of now; a download that is cut off is retried until the signal is aborted. One
   * that was fetched already is checked again: since then this client or another process of its identity may have seen
   * a newer one.
   * @throws CairnError `directory-mismatch` if the coordinator serves another one, `directory-signature` if the pinned
   * authority did not sign it, `directory-rolled-back` if a newer one was seen, `directory-expired`, `unreachable`
   */
  async get(wanted: Uint8Array, signal: AbortSignal): Promise<MemberDirectory> {
    const hash = toHex(wanted);
    const directory = await (this.#latest?.hash === hash ? this.#held(this.#latest) : this.#fetch(hash, signal));
    return directoryAt(directory, Math.floor(Date.now() / 1000));
  }

  async #held({ hash, directory }: HeldDirectory): Promise<SignedDirectory> {
    await this.#see(directory.serial, hash);
    return directory;
  }

  async #fetch(hash: string, signal: AbortSignal): Promise<SignedDirectory> {
    const { address, primitives, authorityKey, firstPauseMs } = this.#options;
    const download = new Download(address, { path: 'v1/directory', limit: MAX_BYTES, resumes: false, firstPauseMs });
    const directory = openDirectory(primitives, authorityKey, await download.whole(signal));
    const found = toHex(directory.hash);
    // Recorded even if the round names another one: it is now known that the authority has signed this one.
    await this.#see(directory.serial, found);
    if (found !== hash) {
      throw new CairnError(
        'directory-mismatch',
        `the round names the member directory ${hash.slice(0, 16)}…, the coordinator serves ${found.slice(0, 16)}…`,
      );
    }
    this.#latest = { hash, directory };
    return directory;
  }

  async #see(serial: number, hash: string): Promise<void> {
    const { serials } = this.#options;
    let newest = await serials.newest(this.#authority);
    if (newest === undefined || serial > newest.serial) {
      await serials.note(this.#authority, { serial, hash });
      // Another process may have recorded one in the meantime.
      newest = await serials.newest(this.#authority);
    }
    if (newest === undefined) return;
    if (serial < newest.serial) {
      const text = `the round would be under member directory ${serial}, but ${newest.serial} has been seen`;
      throw new CairnError('directory-rolled-back', text);
    } else if (hash !== newest.hash) {
      throw new CairnError('directory-rolled-back', `two different member directories have serial number ${serial}`, {
        hint: 'the authority has signed two lists with one number: it must sign one with a greater number',
      });
    }
  }
}
