import { printable } from '../protocol/printable.ts';

/** Where a live line is shown: stderr, or a stand-in. */
interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Width of a terminal that does not say how wide it is, as some that programs make. */
const USUAL_COLUMNS = 80;

/** To the beginning of the line, and away with what stands there. */
const CLEAR = '\r\u001b[K';

/**
 * A line that says what is waited for: on a terminal one that changes in place below everything else that is said,
 * elsewhere a line for each change.
 */
export class LiveLine {
  readonly #screen: Screen;
  #shown = '';
  #said = '';

  constructor(screen: Screen = process.stderr) {
    this.#screen = screen;
  }

  /**
   * Shows a text, which may be others': it is made printable. Undefined: there is nothing to wait for.
   * @param passing it is worth no line of its own where there is no terminal
   */
  show(text: string | undefined, passing = false): void {
    const line = printable(text ?? '');
    if (this.#screen.isTTY !== true) {
      if (passing) return;
      if (line !== '' && line !== this.#said) this.#screen.write(`${line}\n`);
      this.#said = line;
      return;
    }
    // One that is as long as the terminal is wide would begin a second one.
    const { columns = 0 } = this.#screen;
    const fit = line.slice(0, (columns > 1 ? columns : USUAL_COLUMNS) - 1);
    if (fit === this.#shown) return;
    this.#screen.write(`${CLEAR}${fit}`);
    this.#shown = fit;
  }

  /** Says a line of its own, above the live one. */
  say(line: string): void {
    this.#screen.write(this.#shown === '' ? `${line}\n` : `${CLEAR}${line}\n${this.#shown}`);
  }
}
