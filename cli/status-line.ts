/** What a line is written to. */
export interface LineStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Returns to the start of the line, and clears it. */
const CLEAR = '\r\u001b[2K';

/** Width if the terminal reports none. */
const COLUMNS = 80;

/** Cuts a string to a number of columns: characters outside the Latin scripts count as wide. */
function cutTo(text: string, columns: number): string {
  let width = 0;
  let cut = '';
  for (const character of text) {
    width += character.codePointAt(0)! < 0x300 || '–…·→’“”'.includes(character) ? 1 : 2;
    // The last column is for the ellipsis.
    if (width >= columns) return `${cut}…`;
    cut += character;
  }
  return cut;
}

/**
 * One line of a terminal that is updated in place. Other lines go through {@link above}, so that the two are never
 * mixed. On anything but a terminal, nothing is written.
 */
export class StatusLine {
  readonly #stream: LineStream;
  readonly #isLive: boolean;
  #text = '';

  /** @param terminal its kind (`TERM`): a dumb one cannot return to the start of a line */
  constructor(stream: LineStream, terminal = process.env['TERM']) {
    this.#stream = stream;
    this.#isLive = stream.isTTY === true && terminal !== 'dumb';
  }

  /** Whether the line is visible. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** Shows a printable text in place of the previous one; '' removes it. */
  show(text: string): void {
    if (!this.#isLive || text === this.#text) return;
    const before = this.#text;
    this.#text = text;
    if (before !== '' || text !== '') this.#stream.write(`${CLEAR}${this.#shown}`);
  }

  /** Lets whole lines be written, to this terminal or another stream, while the line is removed. */
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
    // Some pseudo-terminals report a width of 0.
    const { columns = 0 } = this.#stream;
    return cutTo(this.#text, columns > 1 ? columns : COLUMNS);
  }
}
