import { CairnError } from '../../errors.ts';
import type { Arena } from '../kernels/arena.ts';
import { packedRowBytes, rowWords } from '../slices.ts';

/**
 * Rows that both parties show each other, packed as {@link packedRowBytes} says. If a row has whole groups of lanes its
 * packed form is its form in memory, and nothing is packed.
 */
export class OpenedRows {
  /** Address of this party's rows. */
  readonly mine: number;
  /** Address of the other's rows, after {@link OpenedRows.accept}. */
  readonly theirs: number;
  readonly #memory: Arena;
  readonly #width: number;
  readonly #rowBytes: number;
  /** The bits of a row's last byte that are lanes. */
  readonly #last: number;
  /** Where rows are packed, if they have to be. */
  readonly #packed: number;

  /** @param maxRows rows of the largest message */
  constructor(memory: Arena, maxRows: number, lanes: number) {
    this.#memory = memory;
    this.#width = packedRowBytes(lanes);
    this.#rowBytes = 4 * rowWords(lanes);
    this.#last = lanes % 8 === 0 ? 0xff : (1 << (lanes % 8)) - 1;
    this.mine = memory.reserve(maxRows * this.#rowBytes);
    this.theirs = memory.reserve(maxRows * this.#rowBytes);
    // The kernels copy whole vectors, and touch up to 15 bytes after the last row.
    this.#packed = this.#isPacked ? 0 : memory.reserve(maxRows * this.#width + 16);
  }

  get #isPacked(): boolean {
    return this.#width === this.#rowBytes;
  }

  /** A message that ends with the first rows of {@link OpenedRows.mine}, after `before` bytes that are left free. */
  message(rows: number, before = 0): Uint8Array {
    const length = rows * this.#width;
    if (!this.#isPacked) {
      this.#memory.kernels.packRows(this.mine, rows, this.#rowBytes, this.#packed, this.#width, this.#last);
    }
    const packed = this.#memory.bytes(this.#isPacked ? this.mine : this.#packed, length);
    if (before === 0) return packed.slice();
    const message = new Uint8Array(before + length);
    message.set(packed, before);
    return message;
  }

  /**
   * Unpacks the other's message of as many rows.
   * @throws CairnError `wire-not-canonical` if bits after the last lane are set
   */
  accept(message: Uint8Array, rows: number): void {
    const at = this.#isPacked ? this.theirs : this.#packed;
    this.#memory.bytes(at, message.length).set(message);
    if (this.#isPacked) return;
    const { kernels } = this.#memory;
    if (kernels.unpackRows(at, rows, this.#rowBytes, this.theirs, this.#width, this.#last) === 1) return;
    throw new CairnError('wire-not-canonical', 'bits after the last lane of a row are set');
  }
}
