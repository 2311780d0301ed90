/** What a line is written to. */
export interface LineStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Back to the line's beginning, and nothing left on it. */
const CLEAR = '\r\u001b[2K';

/** Width where the terminal names none. */
const COLUMNS = 80;

/** Columns of a string, at most: what is not of the Latin scripts is taken to be wide. */
function cutTo(text: string, columns: number): string {
  let width = 0;
  let cut = '';
  for (const character of text) {
    width += character.codePointAt(0)! < 0x300 || '–…·→’“”'.includes(character) ? 1 : 2;
    // The last column is for the mark that it goes on.
    if (width >= columns) return `${cut}…`;
    cut += character;
  }
  return cut;
}

/**
 * One line of a terminal that is written over in place. Other lines go through {@link above}, so that none of the two is
 * ever mixed with the other. On anything but a terminal, nothing is written at all.
 */
export class StatusLine {
  readonly #stream: LineStream;
  readonly #isLive: boolean;
  #text = '';

  /** @param terminal what kind it is (`TERM`): a dumb one cannot go back in its line */
  constructor(stream: LineStream, terminal = process.env['TERM']) {
    this.#stream = stream;
    this.#isLive = stream.isTTY === true && terminal !== 'dumb';
  }

  /** Whether what is shown is seen. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** Shows a printable text in place of the one before; '' takes it away. */
  show(text: string): void {
    if (!this.#isLive || text === this.#text) return;
    const before = this.#text;
    this.#text = text;
    if (before !== '' || text !== '') this.#stream.write(`${CLEAR}${this.#shown}`);
  }

  /** Has whole lines written, to this terminal or another stream, while the line is out of the way. */
  above(write: () => void): void {
    if (this.#text === '') {
      write();
      return;
    }
    this.#stream.write(CLEAR);
    write();
    this.#stream.write(this.#shown);
  }

  get #shown(): string {
    // Some terminals that programs make say that they are of no width.
    const { columns = 0 } = this.#stream;
    return cutTo(this.#text, columns > 1 ? columns : COLUMNS);
  }
}
