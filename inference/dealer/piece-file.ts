import type { FileHandle } from 'node:fs/promises';
import { SecretBytes } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { type Correlations, correctedSide, type Demand, seededSide } from '../../protocol/mpc/dealer/index.ts';
import type { FileLock } from '../../platform/index.ts';
import { type Header, partsOf, pieceAt, pieceBytes, stateOf } from './format.ts';
import { readAt } from './read-at.ts';
import { olderRecord, writeOff } from './used.ts';

/**
 * Pieces that one call may pass over. Where to go on is what the other side says, and it must not be able to use up a file
 * by a number. Sides that are further apart have not only crashed.
 */
const MAX_SKIPPED = 100;

/** A piece that was taken. */
interface TakenPiece {
  /** Its place in the pair's files: both sides must use the same one. */
  readonly index: number;
  readonly correlations: Correlations;
}

/**
 * A dealer's file of one side, from which pieces are taken one after another, each once: an index is written off on the
 * disk before its piece is read, so that a process that ends at any moment, however it ends, has at worst wasted one.
 * One process uses a file at a time.
 *
 * What is noticed besides: a file of another plan, pair or side, a damaged or shortened one, a record that is missing,
 * belongs to another copy of the file or is older than the file (used pieces are overwritten with zeros). The file
 * itself copied back does no harm: the record knows. What cannot be noticed here: the file and its record restored
 * together from a copy, or a copy of the file that was never opened, used on its own. Then the other side's record
 * helps: the two sides tell each other their `next` and take the piece `from` the higher one, so a piece serves twice
 * only if both sides went back, or if one cheats, against which a semi-honest pair is not protected.
 */
export class PieceFile {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #lock: FileLock;
  readonly #header: Header;
  readonly #begin: Uint8Array;
  readonly #demands: readonly Demand[];
  #next: number;
  #broken: CairnError | undefined;
  #last: Promise<unknown> = Promise.resolve();
  /** The seed of the masks of this side's weights; undefined if it masks none. Wiped by {@link close}. */
  readonly maskSeed: SecretBytes | undefined;

  /** Only by {@link openPieces}. */
  constructor(opened: Opened) {
    this.#path = opened.path;
    this.#file = opened.file;
    this.#lock = opened.lock;
    this.#header = opened.header;
    this.#begin = opened.begin;
    this.#demands = opened.demands;
    this.#next = opened.next;
    this.maskSeed = opened.header.maskSeed && new SecretBytes(opened.header.maskSeed);
  }

  /** The id that both files of the pair have: the sides compare it before they begin. */
  get pair(): Uint8Array {
    return this.#header.pair.slice();
  }

  /** The first index that was never given. */
  get next(): number {
    return this.#next;
  }

  /** Pieces that are left. */
  get left(): number {
    return this.#header.count - this.#next;
  }

  /**
   * Takes the next piece, or the first one not used whose index is at least `from`; those before it are written off too.
   * @throws CairnError `dealt-used-up` if none is left; `dealt-mismatch` if `from` is more than 100 pieces further than
   * this side is, of which none is written off then; `dealt-file` if the piece is damaged (it is written off, and the
   * next one may be taken) or the record is older than the file; `folder-unwritable` if nothing can be written off;
   * `lock-lost` if another process took over. After the last three nothing more can be taken until the file is opened
   * again.
   */
  take(from = 0): Promise<TakenPiece> {
    const taken = this.#last.then(() => this.#take(from));
    this.#last = taken.catch(() => undefined);
    return taken;
  }

  /** Ends the use of the file. Closing twice is harmless. */
  async close(): Promise<void> {
    await this.#last;
    if (this.#broken?.code === 'session-closed') return;
    this.#broken = new CairnError('session-closed', `${this.#path} has been closed`);
    this.maskSeed?.wipe();
    await this.#file.close();
    await this.#lock.release();
  }

  async #take(from: number): Promise<TakenPiece> {
    if (this.#broken !== undefined) throw this.#broken;
    const index = Math.max(this.#next, from);
    if (index >= this.#header.count) throw usedUp(this.#path, this.#header.count);
    if (index - this.#next > MAX_SKIPPED) {
      throw new CairnError(
        'dealt-mismatch',
        `the other side is at piece ${index} of ${this.#path}, and this one at ${this.#next}: too far apart`,
        { hint: 'one of the two files, or its record, is another copy: have the dealer make another pair' },
      );
    }
    try {
      await writeOff(this.#path, index + 1);
      // Checked after and not only before: a process that took the lock over meanwhile either saw this line, or makes
      // this one give nothing.
      await this.#lock.assertHeld();
    } catch (thrown) {
      this.#broken = thrown as CairnError;
      throw thrown;
    }
    this.#next = index + 1;
    const piece = await readAt(this.#file, pieceAt(this.#header, index), pieceBytes(this.#header), this.#path);
    const state = stateOf(this.#begin, index, piece);
    if (state === 'used') {
      this.#broken = olderRecord(this.#path, index);
      throw this.#broken;
    }
    if (state === 'damaged') {
      throw new CairnError('dealt-file', `piece ${index} of ${this.#path} does not fit its checksum; it was skipped`);
    }
    // Not flushed: what counts is the record.
    await this.#file.write(new Uint8Array(piece.length), 0, piece.length, pieceAt(this.#header, index));
    try {
      const { seed, corrections } = partsOf(piece);
      const correlations =
        this.#header.side === 'seeded'
          ? seededSide(this.#demands, seed)
          : correctedSide(this.#demands, seed, corrections);
      return { index, correlations };
    } finally {
      piece.fill(0);
    }
  }
}

/** A file that was opened and checked. */
export interface Opened {
  readonly path: string;
  readonly file: FileHandle;
  readonly lock: FileLock;
  readonly header: Header;
  /** The encoded header, which checksums of pieces cover. */
  readonly begin: Uint8Array;
  readonly demands: readonly Demand[];
  readonly next: number;
}

const usedUp = (path: string, count: number): CairnError =>
  new CairnError('dealt-used-up', `all ${count} pieces of ${path} have been used`);
